#include "api/states/task_trial.h"

#include <algorithm>
#include <utility>

namespace perdure::api {

void TaskTrial::attempt(engine::TaskRequest request, Done done) {
  const auto serving = std::find_if(executors_.begin(), executors_.end(),
                                    [&](const auto& one) { return one->serves(request.resource); });
  if (serving == executors_.end()) {
    return done(engine::answer::Failed{
        "Perdure.UnsupportedResourceException",
        "The resource '" + request.resource.arn + "' is not supported by this server"});
  }
  engine::Executor& executor = **serving;
  {
    const std::lock_guard lock(mutex_);
    waiting_[request.attempt] = {&executor, std::move(done)};
  }
  executor.dispatch(std::move(request));
}

void TaskTrial::answer(const engine::AttemptId& attempt, engine::TaskAnswer answer) {
  engine::Executor* executor = nullptr;
  Done done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(attempt);
    if (found == waiting_.end()) return;
    if (std::holds_alternative<engine::answer::Ready>(answer)) {
      executor = found->second.executor;
    } else {
      done = std::move(found->second.done);
      waiting_.erase(found);
    }
  }
  if (executor != nullptr) return executor->go(attempt);
  done(std::move(answer));
}

}  // namespace perdure::api
