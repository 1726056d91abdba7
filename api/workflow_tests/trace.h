#pragma once
// What an execution did, read from its entries: which states it entered in which order, with what.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "api/workflow_tests/run_case.h"

namespace perdure::api::workflow_tests {

// The name of the state that a test puts before the first one; it is no part of what is tested.
inline constexpr std::string_view prelude_name = "(variables of the test)";

// One time that a state was entered.
struct Visit {
  std::string state;
  asl::Payload input, output, variables;  // absent: it was not left, it assigned nothing
  std::string error;                      // the last one that an attempt of it met
  int64_t attempts = 0;
  bool left = false;
  std::string next;  // where to, if it was left; empty: the end
  // Of a Parallel, its branches; of a Map, its iterations.
  std::map<int64_t, std::vector<const Visit*>> threads;
};

struct Trace {
  std::deque<Visit> visits;        // in the order in which they began; addresses stay
  std::vector<const Visit*> path;  // those of the top level
};

Trace trace_of(const Recording& recording);

// "A", or with its threads {"P": [["A"], ["B"]]}.
std::string path_json(const std::vector<const Visit*>& path);

}  // namespace perdure::api::workflow_tests
