#pragma once
#include "engine/invocations.h"
#include "executors/functions/function_runtime.h"

namespace perdure::api {

// Runs what the engine has kept of Event invocations on the function runtime.
class AsyncInvoker final : public engine::FunctionInvoker {
 public:
  explicit AsyncInvoker(executors::FunctionRuntime& runtime) : runtime_(runtime) {}
  void invoke(engine::AsyncInvocation invocation, std::function<void(Result<bool>)> done) override;

 private:
  executors::FunctionRuntime& runtime_;
};

}  // namespace perdure::api
