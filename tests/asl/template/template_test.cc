#include "asl/template/template.h"

#include <gtest/gtest.h>

namespace perdure::asl {
namespace {

struct Filled {
  std::string json;   // the result, or empty
  Error error{};
};

Filled fill(const char* text, const char* input, Budget budget = {}) {
  Arena arena, definition;
  SeededRandom random(1);
  std::vector<Template::Problem> problems;
  const Template made = Template::compile(*parse_json(text, definition), problems);
  EXPECT_TRUE(problems.empty()) << text;
  definition.reset();
  Scope scope{*parse_json(input, arena),
              *parse_json(R"({"Execution":{"Name":"n"}})", arena),
              *parse_json(R"({"v":{"w":[7]}})", arena), arena, random, budget};
  const auto value = made.evaluate(scope);
  if (!value) return {"", value.error()};
  return {to_json(*value)};
}

TEST(Template, FillsInPathsCallsVariablesAndTheContext) {
  EXPECT_EQ(fill(R"({"b": [1, {"x.$": "$.a", "y": 2.0}], "c.$": "$$.Execution.Name",
                     "d.$": "$v.w[0]", "e.$": "States.Format('{}!', $.a)", "f": {"g": []}})",
                 R"({"a":"A"})")
                .json,
            R"({"b":[1,{"x":"A","y":2.0}],"c":"n","d":7,"e":"A!","f":{"g":[]}})");
  EXPECT_EQ(fill(R"({"a": 1, "a.$": "$.n"})", R"({"n":null})").json, R"({"a":null})");
  EXPECT_EQ(fill(R"({"all.$": "$", "none.$": "$.x[*]"})", R"({"k":0.0})").json,
            R"({"all":{"k":0.0},"none":[]})");
}

TEST(Template, WithoutExpressionsIsConstant) {
  Arena arena;
  std::vector<Template::Problem> problems;
  const auto constant = [&](const char* text) {
    return Template::compile(*parse_json(text, arena), problems).constant();
  };
  EXPECT_TRUE(constant(R"({"a": {"b": ["$.x", 1.0]}})"));
  EXPECT_FALSE(constant(R"({"a": [{"b.$": "$.x"}]})"));
  EXPECT_EQ(fill(R"( {"a": [ 1.50, "$.x" ]} )", "{}").json, R"({"a":[1.50,"$.x"]})");
  EXPECT_EQ(fill("3", "{}").json, "3");
}

TEST(Template, SaysWhichFieldFoundNothing) {
  const Filled missing = fill(R"({"value.$": "$.a.b"})", R"({ "x" : 1 })");
  EXPECT_EQ(missing.error.name, "States.Runtime");
  EXPECT_EQ(missing.error.cause,
            "The JSONPath '$.a.b' specified for the field 'value.$' could not be found in the "
            "input '{\"x\":1}'");
  const Filled call = fill(R"({"value.$": "States.Array($.a)"})", R"({"x":1})");
  EXPECT_EQ(call.error.name, "States.Runtime");
  EXPECT_EQ(call.error.cause,
            "The function 'States.Array($.a)' had the following error: The JsonPath argument for "
            "the field '$.a' could not be found in the input '{\"x\":1}'");
  EXPECT_EQ(fill(R"({"v.$": "$unknown"})", "{}").error.name, "States.Runtime");
}

TEST(Template, RefusesWhatIsNoExpression) {
  Arena arena;
  std::vector<Template::Problem> problems;
  (void)Template::compile(
      *parse_json(R"({"a.$": "x", "b": [{"c.$": 5}], "d~/": {"e.$": "States.Nope()"}})", arena),
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
  const Filled stopped = fill(R"({"all.$": "$..*"})", R"([[1,2,3],[4,5,6],[7,8,9]])", Budget{10});
  EXPECT_EQ(stopped.error.name, out_of_budget_error);
}

}  // namespace
}  // namespace perdure::asl
