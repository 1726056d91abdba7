#pragma once
// The state machines that simulated worlds choose from, and how each execution of them ends when
// nothing goes wrong. Made from fixed numbers, not from a world's seed: a process makes and parses
// each once.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "asl/execution/execution.h"
#include "engine/executor.h"

namespace perdure::sim {

// How the world outside answers an attempt, unless a fault keeps it from doing so. It follows from
// what is asked, never from when.
struct Script {
  bool succeeds = true;
  std::string output;  // JSON, also what a callback brings
};
inline constexpr char scripted_error[] = "E1";
inline constexpr char scripted_cause[] = "cause";

Script script_of(std::string_view machine_arn, std::string_view state_name,
                 std::string_view parameters, int64_t attempt_number);
// The token that stands in a task's parameters; empty if there is none.
std::string token_in(std::string_view parameters);

struct Definition {
  std::string name;
  std::string arn;
  asl::MachineType type = asl::MachineType::standard;
  std::string text;
  std::string hash;
  std::shared_ptr<const asl::StateMachine> machine;
  std::vector<const Definition*> children;  // that it may start
  std::string processor;  // of its distributed Map; then features/map_runs.cc judges its ending
};

struct Ending {
  asl::ExecutionStatus status{};
  std::string output;
  std::string error;
};

class Library {
 public:
  static constexpr int count = 240;          // of the usual machines
  static constexpr int children_count = 12;  // never fail by themselves; the others may start them
  static constexpr int express_count = 24;
  static constexpr int map_count = 4;

  // `kind`: "m" usual, "calm" children, "x" express; "map" and "xmap" have a distributed Map, with
  // children of type STANDARD and EXPRESS.
  const Definition& get(const std::string& kind, int number);
  const Definition& child_of(const std::string& arn);  // the "calm" one that has it
  // Also of the children of map runs: "HASH/STATE".
  const Definition* by_hash(std::string_view hash) const;
  // What asl::load_definition makes of a text. Any number of worlds have it in common.
  std::shared_ptr<const asl::StateMachine> loaded(std::string_view text);
  // How an execution ends if every attempt is answered as the script says.
  const Ending& ending(const Definition& definition, const std::string& input);

 private:
  Definition make(const std::string& kind, int number);
  Definition make_map(const std::string& kind, int number);
  static Definition parsed(Definition made);
  std::map<std::pair<std::string, int>, Definition> made_;
  std::map<std::string, const Definition*, std::less<>> by_hash_;
  mutable std::map<std::string, Definition, std::less<>> nested_;
  std::map<std::string, std::shared_ptr<const asl::StateMachine>, std::less<>> loaded_;
  std::map<std::pair<std::string, std::string>, Ending> endings_;
};

}  // namespace perdure::sim
