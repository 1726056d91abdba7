#include "api/states/task_trial.h"

#include <utility>

namespace perdure::api {

void TaskTrial::attempt(engine::TaskRequest request, Done done) {
  if (!executor_ || !executor_->serves(request.resource)) {
    return done(engine::answer::Failed{
        "Perdure.UnsupportedResourceException",
        "The resource '" + request.resource.arn + "' is not supported by this server"});
  }
  {
    const std::lock_guard lock(mutex_);
    waiting_[request.attempt] = std::move(done);
  }
  executor_->dispatch(std::move(request));
}

void TaskTrial::answer(const engine::AttemptId& attempt, engine::TaskAnswer answer) {
  if (std::holds_alternative<engine::answer::Ready>(answer)) return executor_->go(attempt);
  Done done;
  {
    const std::lock_guard lock(mutex_);
    auto found = waiting_.extract(attempt);
    if (!found) return;
    done = std::move(found.mapped());
  }
  done(std::move(answer));
}

}  // namespace perdure::api
