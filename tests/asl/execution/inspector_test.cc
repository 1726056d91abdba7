#include "asl/execution/inspector.h"

#include <gtest/gtest.h>

#include "asl/execution/run.h"
#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

class Notes final : public Inspector {
 public:
  void saw(const Frame& frame, DataStage stage, const Payload& data) override {
    static constexpr const char* names[] = {"input",  "parameters", "items",  "item",
                                            "result", "selector",   "placed", "variables"};
    text += frame.state->name + "." + names[static_cast<size_t>(stage)] + "=" +
            std::string(data.text()) + "\n";
  }
  void failed(const Frame&, const Failure& failure) override {
    text += "failed=" + failure.error.value_or("") + "\n";
  }
  Pretence pretence() const override { return given; }
  std::string text;
  Pretence given;
};

std::string seen(World& world, Notes& notes, const Input& input) {
  SeededRandom random(1);
  Surrounding surrounding{world.now_ms, random, world, world.limits};
  surrounding.inspector = &notes;
  advance(world.execution, input, surrounding);
  return std::exchange(notes.text, "");
}

input::Start start(std::string_view input) {
  input::Start start;
  start.identity.machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
  start.input = Payload(std::string(input));
  return start;
}

TEST(Inspector, SeesEveryStageOfATask) {
  World world(R"({"StartAt":"T","States":{"T":{"Type":"Task","InputPath":"$.a",
    "Parameters":{"p.$":"$.b"},"ResultSelector":{"s.$":"$.r"},"ResultPath":"$.out","End":true,
    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"}}})");
  Notes notes;
  EXPECT_EQ(seen(world, notes, start(R"({"a":{"b":1.0}})")),
            "T.input={\"b\":1.0}\nT.parameters={\"p\":1.0}\n");
  EXPECT_EQ(seen(world, notes, input::AttemptAnswered{3, Payload(R"({"r":[2]})"), ""}),
            "T.result={\"r\":[2]}\nT.selector={\"s\":[2]}\n"
            "T.placed={\"a\":{\"b\":1.0},\"out\":{\"s\":[2]}}\n");
}

TEST(Inspector, SeesItemsAndTheStatesOfIterations) {
  World world(R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","End":true,
    "ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"P","States":{
      "P":{"Type":"Pass","End":true}}}}}})");
  Notes notes;
  const std::string text = seen(world, notes, start(R"({"l":[7]})"));
  EXPECT_EQ(text.substr(0, text.find("P.")),
            "M.input={\"l\":[7]}\nM.items=[7]\nM.item={\"v\":7}\n");
  EXPECT_NE(text.find("P.input={\"v\":7}\n"), std::string::npos);
  EXPECT_NE(text.find("M.result=[{\"v\":7}]\n"), std::string::npos);
}

TEST(Inspector, MayGiveTheContextObject) {
  World world(R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true,
    "Parameters":{"id.$":"$$.Execution.Id"}}}})");
  Notes notes;
  notes.given.context = Payload(R"({"Execution":{"Id":"another"}})");
  seen(world, notes, start("{}"));
  EXPECT_EQ(world.output(), R"({"id":"another"})");
}

TEST(Inspector, MaySayWhatWentBefore) {
  World world(R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
    "Parameters":{"n.$":"$$.State.RetryCount","item.$":"$$.Map.Item"},
    "Retry":[{"ErrorEquals":["E"],"MaxAttempts":3,"IntervalSeconds":2}],
    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"}}})");
  Notes notes;
  notes.given.item = Payload("[7]");
  notes.given.retries = 2;
  EXPECT_EQ(seen(world, notes, start("{}")),
            "T.input={}\nT.parameters={\"n\":2,\"item\":{\"Index\":0,\"Value\":[7]}}\n");
  EXPECT_EQ(seen(world, notes, input::AttemptFailed{3, "E", std::nullopt}), "failed=E\n");
  EXPECT_EQ(world.execution.frame(0)->due_ms - world.now_ms, 8000);
  notes.given.retries = 3;
  World another(R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
    "Retry":[{"ErrorEquals":["E"],"MaxAttempts":3}],
    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"}}})");
  seen(another, notes, start("{}"));
  seen(another, notes, input::AttemptFailed{3, "E", std::nullopt});
  EXPECT_TRUE(another.execution.closed());
}

}  // namespace
}  // namespace perdure::asl::testing
