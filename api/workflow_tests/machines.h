#pragma once
// The state machines that a test file is about: its definition, and those beside it that it starts.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/cli/definition_file.h"
#include "api/workflow_tests/run_case.h"
#include "api/workflow_tests/test_file.h"
#include "asl/machine.h"
#include "base/result.h"

namespace perdure::api::workflow_tests {

struct Machine {
  std::string name;
  std::string path;  // of the definition
  asl::MachineType type = asl::MachineType::standard;
  std::string text;  // of the definition, names filled in
  std::shared_ptr<const asl::StateMachine> parsed;
};

struct Machines {
  std::vector<Machine> list;    // the first one is the one that is tested
  std::set<std::string> files;  // all that was read
};

// Names and types are those of a perdure.json in the folder, else a definition is called after its
// file. An invalid definition is an error with all its diagnostics, one a line.
Result<Machines> machines_of(const TestFile& file);
// The same for a machine that is looked for by its name, in these folders.
Result<Machines> machines_named(const std::string& name, const std::vector<std::string>& folders);

// Every state of the machine, at any depth.
std::vector<const asl::State*> all_states(const asl::StateMachine& machine);

// The key of a mock or an expectation names a state of one of the machines; else why not.
std::optional<std::string> complaint_about_state(const Machines& machines, const std::string& key,
                                                 bool must_be_task);

// The definition as a case needs it: begun elsewhere, variables set, mocked children not started.
Result<std::string> staged_definition(const Machine& machine, bool first, const TestCase& test);

}  // namespace perdure::api::workflow_tests
