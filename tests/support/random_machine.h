#pragma once
// Random state machines: every definition made here is valid and, whatever its tasks answer, comes
// to an end. Shared by the replay test and the simulation.

#include <string>
#include <vector>

#include "base/clock.h"

namespace perdure::testing {

struct MachineShape {
  int depth = 3;  // of Parallel and Map states in each other
  int max_states = 4;
  int64_t longest_wait_s = 7;
  int64_t task_timeout_s = 30;
  bool uuids = true;      // values that differ from run to run are part of the data
  bool callbacks = true;  // tasks that wait for their token (STANDARD only)
  bool containers_retry = true;
  std::string comment = "random";
  bool fails = true;                       // some paths end in a Fail state
  std::string error = "E1";                // what Retry and Fail name
  std::vector<std::string> children = {};  // ARNs of machines that Tasks start
};

class RandomMachine {
 public:
  explicit RandomMachine(uint64_t seed, MachineShape shape = {})
      : shape_(std::move(shape)), random_(seed) {}

  std::string text() {
    return graph(shape_.depth,
                 R"(, "TimeoutSeconds": 100000, "Comment": )" + quoted(shape_.comment));
  }

 private:
  uint64_t pick(uint64_t n) { return random_.next() % n; }

  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }

  std::string graph(int depth, const std::string& more = "") {
    const int states = 1 + static_cast<int>(pick(static_cast<uint64_t>(shape_.max_states)));
    std::vector<std::string> names;
    for (int i = 0; i <= states; ++i) names.push_back("S" + std::to_string(++counter_));
    std::string body;
    for (int i = 0; i < states; ++i) {
      body += quoted(names[i]) + ": {" + state(depth, names[i + 1], names.back()) + "}, ";
    }
    body += quoted(names.back()) + ": {" + last_state() + "}";
    return "{\"StartAt\": \"" + names[0] + "\"" + more + ", \"States\": {" + body + "}}";
  }

  std::string last_state() {
    if (pick(12) != 0 || !shape_.fails) return R"("Type": "Succeed")";
    return R"("Type": "Fail", "Cause": "cause", "Error": )" + quoted(shape_.error);
  }

  std::string retry() {
    return R"(, "Retry": [{"ErrorEquals": [)" + quoted(shape_.error) +
           R"(], "IntervalSeconds": 1, "MaxAttempts": 2},
                {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "JitterStrategy": "FULL"}])";
  }

  std::string retry_and_catch(const std::string& last, bool container = false) {
    std::string text;
    if (pick(2) == 0 && (!container || shape_.containers_retry)) text += retry();
    if (pick(2) == 0) {
      text += R"(, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": )" +
              quoted(last) + "}]";
    }
    return text;
  }

  std::string wait() {
    const auto longest = static_cast<uint64_t>(shape_.longest_wait_s);
    return std::to_string(longest == 7 ? 7 : 1 + pick(longest));
  }

  std::string function() {
    return R"("Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f",
              "ResultPath": "$.result", "TimeoutSeconds": )" +
           std::to_string(shape_.task_timeout_s);
  }

  // The result of a child has the times and ids of its run: only its output is kept.
  std::string child() {
    const std::string& arn = shape_.children[pick(shape_.children.size())];
    static constexpr const char* patterns[] = {"", ".sync", ".sync:2", ".waitForTaskToken"};
    const uint64_t pattern = pick(4);
    const std::string keep =
        pattern == 0 || pattern == 3
            ? R"("ResultPath": null)"
            : R"("ResultSelector": {"output.$": "$.Output"}, "ResultPath": "$.child")";
    const std::string token = pattern == 3 ? R"(, "token.$": "$$.Task.Token")" : "";
    return R"("Type": "Task", "Resource": "arn:aws:states:::states:startExecution)" +
           std::string(patterns[pattern]) + R"(", "Parameters": {"StateMachineArn": )" +
           quoted(arn) + R"(, "Input": {"list": [{"c": 1}])" + token + "}}, " + keep +
           R"(, "TimeoutSeconds": 600)";
  }

  std::string state(int depth, const std::string& next, const std::string& last) {
    const std::string on = ", \"Next\": " + quoted(next);
    if (!shape_.children.empty() && pick(5) == 0) return child() + on;
    switch (pick(depth > 0 ? 8 : 6)) {
      case 0:
        return R"x("Type": "Pass", "Parameters": {"list": [{"p": 1}, {"p": 2}], "u)x" +
               std::string(shape_.uuids ? R"x(.$": "States.UUID()"},)x" : R"x(": "same"},)x") +
               R"x("Assign": {"v.$": "$.u", "w": {"a": [1, "}"]}})x" + on;
      case 1:
        return R"("Type": "Wait", "Seconds": )" + wait() + on;
      case 2:
        return R"("Type": "Choice", "Choices": [{"Variable": "$.list[0]", "IsPresent": true,)"
               R"("Next": ")" +
               next + R"("}], "Default": ")" + last + "\"";
      case 3:
        if (!shape_.callbacks) return function() + retry_and_catch(last) + on;
        return R"("Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                  "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
                  "HeartbeatSeconds": 20, "ResultPath": null)" +
               retry_and_catch(last) + on;
      case 4:
      case 5:
        return function() + retry_and_catch(last) + on;
      case 6:
        return R"("Type": "Parallel", "ResultPath": "$.branches", "Branches": [)" +
               graph(depth - 1) + ", " + graph(depth - 1) + "]" + retry_and_catch(last, true) + on;
      default:
        return R"("Type": "Map", "ItemsPath": "$$.Execution.Input.list", "MaxConcurrency": )" +
               std::to_string(pick(3)) + R"(, "ResultPath": "$.mapped", "ItemProcessor": )" +
               graph(depth - 1) + retry_and_catch(last, true) + on;
    }
  }

  const MachineShape shape_;
  SeededRandom random_;
  int counter_ = 0;
};

}  // namespace perdure::testing
