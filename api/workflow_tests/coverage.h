#pragma once
// Which states of the definitions were entered, and which transitions taken, by any case.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/workflow_tests/machines.h"
#include "api/workflow_tests/run_case.h"

namespace perdure::api::workflow_tests {

struct Share {
  int64_t covered = 0, all = 0;
  double percent() const { return all == 0 ? 100 : 100.0 * double(covered) / double(all); }
};

struct DefinitionCoverage {
  std::string path;
  Share states, transitions;
  std::vector<std::string> missed;  // "A", "A -> B", "A -> end"
};

class Coverage {
 public:
  void add(const Machines& machines, const Outcome& outcome);
  std::vector<DefinitionCoverage> by_definition() const;  // by path
  // Of all definitions together: the states, the transitions.
  std::pair<Share, Share> total() const;

 private:
  using Transition = std::pair<std::string, std::string>;  // to "": the end
  struct Definition {
    std::map<std::string, bool> states;
    std::map<Transition, bool> transitions;
  };
  Definition& definition(const Machine& machine);
  std::map<std::string, Definition> definitions_;  // by path
};

}  // namespace perdure::api::workflow_tests
