#pragma once
// The executor of everything that is neither a function nor an activity nor a child execution.
//
// An attempt is started in the burst that schedules it, so that one commit lies before its request.
// After a crash an attempt that had been started fails as lost, so that the usual Retry takes it,
// or is run again where the operator has said so.

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/runner.h"
#include "executors/integrations/integration.h"

namespace perdure::executors {

using Integrations = std::vector<std::unique_ptr<Integration>>;  // the first that serves counts

// Safe from any thread; the arguments outlive it, and so do answers that come late.
class IntegrationExecutor final : public engine::Executor {
 public:
  IntegrationExecutor(engine::AnswerSink& sink, std::shared_ptr<const Integrations> integrations,
                      Runner& runner, Random& random, bool rerun_after_crash);

  bool serves(const asl::TaskResource& resource) const override;
  std::optional<std::string> reserve(const engine::TaskRequest& request) override;
  void dispatch(engine::TaskRequest request) override;
  void go(const engine::AttemptId& attempt) override;
  void cancel(const engine::AttemptId& attempt) override;
  void recover(engine::TaskRequest request) override;

 private:
  struct State;  // lives until the last attempt has ended
  enum class Way { begin, follow, lost };

  Integration* find(const asl::TaskResource& resource) const;
  std::string new_id();
  void run(engine::TaskRequest request, Way way);
  void fail_unserved(const engine::TaskRequest& request);

  engine::AnswerSink& sink_;
  const std::shared_ptr<const Integrations> integrations_;
  Runner& runner_;
  Random& random_;
  const bool rerun_after_crash_;
  const std::shared_ptr<State> state_;
};

}  // namespace perdure::executors
