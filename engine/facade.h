#pragma once
// The Engine that the faces see, over the hosts and the store.

#include <atomic>
#include <mutex>

#include "engine/admission.h"
#include "engine/catalog/state_machine_catalog.h"
#include "engine/core.h"
#include "engine/engine.h"

namespace perdure::engine {

class Facade final : public Engine {
 public:
  explicit Facade(Core& core);

  Result<> load();
  void open() { open_ = true; }
  void refuse_starts() { open_ = false; }
  std::string new_id();  // a UUID; any thread
  int64_t starting() const { return starting_; }
  int64_t throttled() const { return throttled_; }

  StateMachines& state_machines() override { return machines_; }
  void start_execution(StartRequest request, Callback<Started> done) override;
  void start_sync_execution(StartRequest request, Callback<Closed> done) override;
  void start_and_wait(StartRequest request, Callback<Closed> done) override;
  void wait_closed(std::string execution_arn, Callback<Closed> done) override;
  void stop_execution(std::string execution_arn, std::optional<std::string> error,
                      std::optional<std::string> cause, Callback<int64_t> done) override;
  void redrive_execution(RedriveRequest request, Callback<int64_t> done) override;
  void task_succeeded(Tenant caller, std::string token, std::string output,
                      Callback<bool> done) override;
  void task_failed(Tenant caller, std::string token, std::optional<std::string> error,
                   std::optional<std::string> cause, Callback<bool> done) override;
  void task_heartbeat(Tenant caller, std::string token, Callback<bool> done) override;
  Result<ExecutionView> describe_execution(const std::string& execution_arn) override;
  Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                       const ExecutionPosition& after,
                                                       int64_t limit) override;
  Result<int64_t> item_count(const std::string& child_arn) override;
  Result<HistoryPage> history(const std::string& execution_arn, int64_t after_event, bool reverse,
                              int64_t limit) override;
  Result<std::string> definition_hash(const std::string& execution_arn) override;
  Result<MapRunView> describe_map_run(const std::string& arn) override;
  Result<MapRunPage> list_map_runs(const std::string& execution_arn, int64_t before_event,
                                   int64_t limit) override;
  void update_map_run(std::string arn, MapRunUpdate update, Callback<bool> done) override;
  Result<std::string> definition_text(const std::string& definition_hash) override;
  std::vector<Quarantined> quarantined() override;

 private:
  Result<> may_start() const;
  Error refuse() const;  // counts it
  Result<StartOrder> take_in(StartRequest request, bool waits, Callback<Started>& done);
  Result<StartOrder> order_for(StartRequest request);

  Core& core_;
  std::mutex random_mutex_;
  StateMachineCatalog machines_;
  std::atomic<bool> open_{false};
  std::atomic<int64_t> starting_{0};  // starts that are not durable yet
  mutable std::atomic<int64_t> throttled_{0};
  Admission admission_;
};

}  // namespace perdure::engine
