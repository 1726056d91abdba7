#pragma once
// The world that does the tasks' work: workers that outlive the engine's process (not the power),
// answer by the script, and are slow, lost, hung or talkative when faults are on.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/executor.h"
#include "tests/sim/world/ledger.h"

namespace perdure::sim {

class World;

class Workers final : public EntryObserver {
 public:
  explicit Workers(World& world) : world_(world) {}

  // What the process that starts now talks to; serves functions.
  std::shared_ptr<engine::Executor> make_executor();
  void power_lost();
  void calm_down();

  // Who gets the tokens that workers find in their requests.
  std::function<void(const engine::TaskRequest& request, const std::string& token)> on_token;
  // A callback for the attempt is on its way.
  void called_back(const engine::AttemptId& attempt) { called_back_.insert(attempt); }

  void entry(const engine::ActorKey& key, const Held& before, const asl::Entry& entry) override;

 private:
  class Connection;
  struct Task {
    engine::TaskRequest request;
    int64_t dispatched_in = 0;  // incarnation
    bool ran = false;
    bool gone = false;  // its worker has ended
    bool hung = false;
    bool answered = false;
    engine::TaskAnswer answer;
  };

  void dispatch(engine::TaskRequest request);
  void go(const engine::AttemptId& attempt);
  void cancel(const engine::AttemptId& attempt);
  void recover(engine::TaskRequest request);
  void run(Task& task);
  void plan_answer(Task& task);
  void answer_in(int64_t ms, const engine::AttemptId& attempt);
  void tell(const engine::AttemptId& attempt);
  bool durable(const engine::TaskRequest& request) const;
  bool started(const engine::TaskRequest& request) const;

  World& world_;
  std::map<engine::AttemptId, Task> tasks_;
  std::set<engine::AttemptId> called_back_;
};

}  // namespace perdure::sim
