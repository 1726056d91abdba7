// States whose data is small until somebody writes it out, or whose paths select much of little:
// each fails within its bounds, and what it would have made is never in memory.

#include <gtest/gtest.h>

#include "tests/asl/execution/world.h"
#include "tests/support/bounded_child.h"
#include "tests/support/sanitized.h"

namespace perdure::asl {
namespace {

using testing::World;

constexpr double most_mebibytes = perdure::measured::sanitized ? 1e9 : 64;
constexpr double most_seconds = perdure::measured::sanitized ? 60 : 1;

// What the machine's one execution, with this input, ends with: "FAILED States.Runtime".
std::string end_of(const std::string& definition, const std::string& input) {
  World world(definition);
  world.start(input);
  const std::string status(status_name(world.execution.status()));
  return status + (world.execution.error() ? " " + *world.execution.error() : "");
}

// Runs it in a process of its own first, and looks at what that takes.
void expect_end(const std::string& state, const std::string& input, const std::string& expected) {
  const std::string definition = R"({"StartAt":"A","States":{"A":)" + state + "}}";
  const auto taken = perdure::measured::taken_by(
      most_seconds, [&](const auto&) { (void)end_of(definition, input); });
  ASSERT_TRUE(taken.ended) << state.substr(0, 200);
  EXPECT_LT(taken.seconds, most_seconds) << state.substr(0, 200);
  EXPECT_LT(taken.mebibytes, most_mebibytes) << state.substr(0, 200);
  EXPECT_EQ(end_of(definition, input), expected) << state.substr(0, 200);
}

std::string repeated(const std::string& part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += part;
  return out;
}

// An input of 250,000 bytes.
const std::string big = R"({"b":")" + std::string(250'000, 'x') + "\"}";

// {"k0.$":"$.b", ...}: gigabytes as text.
std::string many_times_big() {
  std::string members;
  for (int i = 0; i < 10'000; ++i) {
    members += (i > 0 ? "," : "") + ("\"k" + std::to_string(i)) + R"(.$":"$.b")";
  }
  return "{" + members + "}";
}

TEST(HostileStates, data_over_the_quota_is_not_written_out) {
  const std::string expected = "FAILED States.DataLimitExceeded";
  const std::string many = many_times_big();
  expect_end(R"({"Type":"Pass","End":true,"Parameters":)" + many + "}", big, expected);
  expect_end(R"({"Type":"Pass","End":true,"Assign":)" + many + "}", big, expected);
  expect_end(R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,)"
             R"("Parameters":{"FunctionName":"f","Payload":)" +
                 many + "}}",
             big, expected);
  expect_end(R"({"Type":"Parallel","End":true,"Parameters":)" + many +
                 R"(,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]})",
             big, expected);
  expect_end(R"({"Type":"Map","End":true,"ItemsPath":"$.l","ItemSelector":)" + many +
                 R"(,"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}})",
             R"({"l":[1],"b":")" + std::string(250'000, 'x') + "\"}", expected);
}

TEST(HostileStates, a_small_value_may_be_large_as_text) {
  const auto pass = [](const std::string& expression) {
    return R"({"Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% )" + expression +
           R"( %}"})";
  };
  const std::string failed = "FAILED States.QueryEvaluationError";
  // Two to the sixtieth ones.
  expect_end(pass("($f := function($a, $n){ $n = 0 ? $a : $f([$a, $a], $n - 1) }; $f([1], 60))"),
             "{}", failed);
  expect_end(pass("[1..100000].($states.input.b)"), big, failed);
  expect_end(pass("$merge([1..20].{$string($): $pad('x', 100000)})"), "{}",
             "FAILED States.DataLimitExceeded");
  expect_end(R"({"Type":"Map","QueryLanguage":"JSONata","End":true,)"
             R"("Items":"{% [1..100000].($states.input.b) %}",)"
             R"("ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}})",
             big, failed);
}

TEST(HostileStates, paths_that_select_everything) {
  const std::string nested = repeated("[", 900) + "1" + repeated("]", 900);
  const std::string wide = "[" + repeated("[1],", 60'000) + "1]";
  const std::string objects = "[" + repeated(R"({"a":[1,2]},)", 18'000) + "1]";
  for (const std::string& input : {nested, wide, objects}) {
    for (const char* const path : {"$..*", "$..*..*", "$..[0]..[0]", "$..[?(@.a)]", "$[*][*]",
                                   "$..[0:100000]", "$..a..[*]"}) {
      const std::string definition = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true,)"
                                     R"("Parameters":{"a.$":")" +
                                     std::string(path) + R"("}}}})";
      const auto taken = perdure::measured::taken_by(
          most_seconds, [&](const auto&) { (void)end_of(definition, input); });
      EXPECT_TRUE(taken.ended) << path << input.substr(0, 20);
      EXPECT_LT(taken.seconds, most_seconds) << path << input.substr(0, 20);
      EXPECT_LT(taken.mebibytes, most_mebibytes) << path << input.substr(0, 20);
    }
  }
}

TEST(HostileStates, intrinsic_functions_that_make_much) {
  const std::string text =
      R"({"b":")" + repeated("a,", 120'000) + R"(","l":[)" + repeated("1,", 60'000) + "1]}";
  for (const char* const call :
       {"States.ArrayRange(1, 1000000000, 1)", "States.StringSplit($.b, ',')",
        "States.ArrayPartition($.l, 1)", "States.ArrayUnique($.l)",
        "States.Format('{}{}{}{}{}{}{}{}', $.b, $.b, $.b, $.b, $.b, $.b, $.b, $.b)",
        "States.JsonToString($)", "States.StringToJson($.b)",
        "States.Array($, $, $, $, $, $, $, $, $, $)",
        "States.Array(States.Array($, $, $, $), States.Array($, $, $, $))",
        "States.Base64Encode($.b)", "States.Hash($.b, 'SHA-512')", "States.JsonMerge($, $, false)",
        "States.ArrayContains($.l, $.l)"}) {
    const std::string definition =
        R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":{"a.$":")" +
        std::string(call) + R"("}}}})";
    const auto taken = perdure::measured::taken_by(
        most_seconds, [&](const auto&) { (void)end_of(definition, text); });
    EXPECT_TRUE(taken.ended) << call;
    EXPECT_LT(taken.seconds, most_seconds) << call;
    EXPECT_LT(taken.mebibytes, most_mebibytes) << call;
  }
}

}  // namespace
}  // namespace perdure::asl
