#pragma once
// Functions as Task resources: the function's ARN itself, and lambda:invoke[.waitForTaskToken].

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/executor.h"
#include "engine/invocations.h"
#include "executors/functions/catalog/catalog.h"
#include "executors/functions/lambda_result.h"
#include "executors/functions/metering.h"
#include "executors/functions/pool/pools.h"

namespace perdure::executors {

struct LambdaExecutorOptions {
  bool rerun_after_crash = false;
  engine::Invocations* invocations = nullptr;  // for InvocationType Event
  engine::Logs* logs = nullptr;                // for what calls have cost
};

// Everything passed in outlives it.
class LambdaExecutor final : public engine::Executor {
 public:
  LambdaExecutor(engine::AnswerSink& sink, FunctionCatalog& catalog, Pools& pools,
                 const Clock& clock, Random& random, LambdaExecutorOptions options);

  bool serves(const asl::TaskResource& resource) const override;
  std::optional<std::string> reserve(const engine::TaskRequest& request) override;
  void dispatch(engine::TaskRequest request) override;
  void go(const engine::AttemptId& attempt) override;
  void cancel(const engine::AttemptId& attempt) override;
  void recover(engine::TaskRequest request) override;

 private:
  // An attempt between reserve or dispatch and its answer.
  struct Attempt {
    LambdaCall call;
    std::string request_id;
    bool started = false;                       // its Started entry is durable
    std::optional<engine::TaskAnswer> waiting;  // came before it has started
  };
  using AttemptHandle = std::shared_ptr<Attempt>;

  struct Plan {
    LambdaCall call;
    FunctionHandle function;
    std::string code_root;
    std::string invoked_arn;  // with the qualifier that was given
  };
  Result<Plan> plan(const engine::TaskRequest& request);
  Work work_of(const Plan& plan, const engine::TaskRequest& request, std::string request_id) const;
  OnReport metering(const Plan& plan, const engine::TaskRequest& request) const;
  AttemptHandle attempt_of(const engine::TaskRequest& request, const Result<Plan>& plan,
                           std::string request_id);
  Done<InvokeResult> answering(const engine::AttemptId& id);
  void begin(const engine::TaskRequest& request, const Plan& plan, const std::string& request_id);
  void run_apart(const engine::TaskRequest& request, const Plan& plan, Work work);
  void answered(const engine::AttemptId& id, const Result<InvokeResult>& result);
  void deliver(const engine::AttemptId& id, engine::TaskAnswer answer);

  engine::AnswerSink& sink_;
  FunctionCatalog& catalog_;
  Pools& pools_;
  const Clock& clock_;
  Random& random_;
  const LambdaExecutorOptions options_;
  std::mutex mutex_;
  std::map<engine::AttemptId, AttemptHandle> attempts_;
};

}  // namespace perdure::executors
