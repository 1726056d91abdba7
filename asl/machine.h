#pragma once
// A parsed state machine: plain values, immutable once parsed, shared by all executions that run
// it.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "asl/states/choice.h"
#include "asl/states/common.h"
#include "asl/states/fail.h"
#include "asl/states/map.h"
#include "asl/states/parallel.h"
#include "asl/states/pass.h"
#include "asl/states/succeed.h"
#include "asl/states/task.h"
#include "asl/states/wait.h"

namespace perdure::asl {

struct State {
  std::string name;
  StateCommon common;
  std::variant<PassState, TaskState, ChoiceState, WaitState, SucceedState, FailState, ParallelState,
               MapState>
      kind;
};

// The states between which transitions may go: the whole machine, a branch, or an item processor.
struct StateGraph {
  std::string start_at;
  std::map<std::string, State, std::less<>> states;
  QueryLanguage query_language = QueryLanguage::jsonpath;

  const State* find(std::string_view name) const {
    const auto it = states.find(name);
    return it == states.end() ? nullptr : &it->second;
  }
};

struct StateMachine {
  StateGraph graph;
  std::string comment;
  std::optional<int64_t> timeout_seconds;
  // By state, those whose paths read variables: DescribeStateMachine's variableReferences.
  std::map<std::string, std::set<std::string>> variable_references;
};

}  // namespace perdure::asl
