#include "asl/template/template.h"

#include <gtest/gtest.h>

namespace perdure::asl {
namespace {

struct Filled {
  std::string json;  // the result, or empty
  Error error{};
};

Filled fill(const char* text, const char* input, Budget budget = {}) {
  Arena arena, definition;
  SeededRandom random(1);
  std::vector<Template::Problem> problems;
  const Template made = Template::compile(*parse_json(text, definition), problems);
  EXPECT_TRUE(problems.empty()) << text;
  definition.reset();
  KnownEnvironment environment(*parse_json(R"j({"Execution":{"Name":"n"}})j", arena),
                               *parse_json(R"j({"v":{"w":[7]}})j", arena));
  Scope scope{*parse_json(input, arena), environment, Value(), arena, random, budget};
  const auto value = made.evaluate(scope);
  if (!value) return {"", value.error()};
  return {to_json(*value)};
}

class CountingEnvironment final : public Environment {
 public:
  Result<Value> context() override { return ++contexts, Value::null(); }
  Result<Value> variable(std::string_view) override { return ++variables, Value::integer(7); }
  int contexts = 0, variables = 0;
};

// The context object has the execution's input in it: to read that for each item of a Map takes
// longer than all the rest.
TEST(Template, AsksForWhatItReadsOnly) {
  Arena arena;
  SeededRandom random(1);
  Budget budget;
  CountingEnvironment environment;
  Scope scope{*parse_json(R"j({"a":1})j", arena), environment, Value(), arena, random, budget};
  const auto fill_in = [&](const char* text) {
    std::vector<Template::Problem> problems;
    const Template made = Template::compile(*parse_json(text, arena), problems);
    return problems.empty() && made.evaluate(scope);
  };
  EXPECT_TRUE(
      fill_in(R"j({"x.$": "$.a", "y.$": "States.Format('{}', $.a)", "z": "$$.Execution"})j"));
  EXPECT_EQ(environment.contexts + environment.variables, 0);
  EXPECT_TRUE(fill_in(R"j({"x.$": "$v"})j"));
  EXPECT_EQ(environment.variables, 1);
  EXPECT_TRUE(fill_in(R"j({"x.$": "$$"})j"));
  EXPECT_EQ(environment.contexts, 1);
}

TEST(Template, FillsInPathsCallsVariablesAndTheContext) {
  EXPECT_EQ(fill(R"j({"b": [1, {"x.$": "$.a", "y": 2.0}], "c.$": "$$.Execution.Name",
                     "d.$": "$v.w[0]", "e.$": "States.Format('{}!', $.a)", "f": {"g": []}})j",
                 R"j({"a":"A"})j")
                .json,
            R"j({"b":[1,{"x":"A","y":2.0}],"c":"n","d":7,"e":"A!","f":{"g":[]}})j");
  EXPECT_EQ(fill(R"j({"a": 1, "a.$": "$.n"})j", R"j({"n":null})j").json, R"j({"a":null})j");
  EXPECT_EQ(fill(R"j({"all.$": "$", "none.$": "$.x[*]"})j", R"j({"k":0.0})j").json,
            R"j({"all":{"k":0.0},"none":[]})j");
}

TEST(Template, WithoutExpressionsIsConstant) {
  Arena arena;
  std::vector<Template::Problem> problems;
  const auto constant = [&](const char* text) {
    return Template::compile(*parse_json(text, arena), problems).constant();
  };
  EXPECT_TRUE(constant(R"j({"a": {"b": ["$.x", 1.0]}})j"));
  EXPECT_FALSE(constant(R"j({"a": [{"b.$": "$.x"}]})j"));
  EXPECT_EQ(fill(R"j( {"a": [ 1.50, "$.x" ]} )j", "{}").json, R"j({"a":[1.50,"$.x"]})j");
  EXPECT_EQ(fill("3", "{}").json, "3");
}

TEST(Template, SaysWhichFieldFoundNothing) {
  const Filled missing = fill(R"j({"value.$": "$.a.b"})j", R"j({ "x" : 1 })j");
  EXPECT_EQ(missing.error.name, "States.Runtime");
  EXPECT_EQ(missing.error.cause,
            "The JSONPath '$.a.b' specified for the field 'value.$' could not be found in the "
            "input '{\"x\":1}'");
  const Filled call = fill(R"j({"value.$": "States.Array($.a)"})j", R"j({"x":1})j");
  EXPECT_EQ(call.error.name, "States.Runtime");
  EXPECT_EQ(call.error.cause,
            "The function 'States.Array($.a)' had the following error: The JsonPath argument for "
            "the field '$.a' could not be found in the input '{\"x\":1}'");
  EXPECT_EQ(fill(R"j({"v.$": "$unknown"})j", "{}").error.name, "States.Runtime");
}

TEST(Template, RefusesWhatIsNoExpression) {
  Arena arena;
  std::vector<Template::Problem> problems;
  (void)Template::compile(
      *parse_json(R"j({"a.$": "x", "b": [{"c.$": 5}], "d~/": {"e.$": "States.Nope()"}})j", arena),
      problems);
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(problems[0].pointer, "");
  EXPECT_EQ(problems[0].message,
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function "
            "call");
  EXPECT_EQ(problems[1].pointer, "/b/0");
  EXPECT_EQ(problems[2].pointer, "/d~0~1");
}

TEST(Template, StopsWhenTheBudgetIsSpent) {
  const Filled stopped =
      fill(R"j({"all.$": "$..*"})j", R"j([[1,2,3],[4,5,6],[7,8,9]])j", Budget{10});
  EXPECT_EQ(stopped.error, out_of_budget());
}

}  // namespace
}  // namespace perdure::asl
