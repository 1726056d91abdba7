#include "executors/integrations/integration_executor.h"

#include <utility>

#include "base/ids.h"
#include "base/log.h"

namespace perdure::executors {

using engine::AttemptId;
using engine::TaskRequest;

void IntegrationAttempt::say(engine::TaskAnswer answer) {
  if (!deliver_) return;
  const bool more = request.resource.pattern == asl::TaskPattern::sync &&
                    std::holds_alternative<engine::answer::Succeeded>(answer);
  if (more) return deliver_(std::move(answer));
  stop_ = nullptr;
  std::exchange(deliver_, nullptr)(std::move(answer));
}

void IntegrationAttempt::work(const std::function<void()>& part) {
  if (!wanted()) return;
  try {
    part();
  } catch (const std::exception& error) {
    log_error("The work of {} threw: {}", request.resource.arn, error.what());
    fail("Perdure.InternalError", error.what());
  }
}

struct IntegrationExecutor::State {
  std::mutex mutex;
  std::map<AttemptId, TaskRequest> waiting;              // for `go`
  std::map<AttemptId, IntegrationAttemptPtr> under_way;  // begun or about to
};

IntegrationExecutor::IntegrationExecutor(engine::AnswerSink& sink,
                                         std::shared_ptr<const Integrations> integrations,
                                         Runner& runner, Random& random, bool rerun_after_crash)
    : sink_(sink),
      integrations_(std::move(integrations)),
      runner_(runner),
      random_(random),
      rerun_after_crash_(rerun_after_crash),
      state_(std::make_shared<State>()) {}

Integration* IntegrationExecutor::find(const asl::TaskResource& resource) const {
  for (const auto& one : *integrations_) {
    if (one->serves(resource)) return one.get();
  }
  return nullptr;
}

bool IntegrationExecutor::serves(const asl::TaskResource& resource) const {
  return resource.family == asl::TaskResource::Family::integration;
}

std::string IntegrationExecutor::new_id() {
  const std::lock_guard lock(state_->mutex);
  return make_uuid(random_);
}

std::optional<std::string> IntegrationExecutor::reserve(const TaskRequest&) { return new_id(); }

void IntegrationExecutor::dispatch(TaskRequest request) {
  if (!request.request_id.empty()) return run(std::move(request), Way::begin);
  request.request_id = new_id();
  const AttemptId id = request.attempt;
  engine::answer::Ready ready{request.request_id};
  {
    const std::lock_guard lock(state_->mutex);
    state_->waiting[id] = std::move(request);
  }
  sink_.answer(id, std::move(ready));
}

void IntegrationExecutor::go(const AttemptId& id) {
  TaskRequest request;
  {
    const std::lock_guard lock(state_->mutex);
    auto found = state_->waiting.extract(id);
    if (!found) return;
    request = std::move(found.mapped());
  }
  run(std::move(request), Way::begin);
}

void IntegrationExecutor::cancel(const AttemptId& id) {
  IntegrationAttemptPtr attempt;
  {
    const std::lock_guard lock(state_->mutex);
    state_->waiting.erase(id);
    auto found = state_->under_way.extract(id);
    if (!found) return;
    attempt = std::move(found.mapped());
  }
  runner_.post([attempt] { attempt->cancel(); });
}

void IntegrationExecutor::recover(TaskRequest request) {
  const bool job = request.submitted && request.resource.pattern == asl::TaskPattern::sync;
  const Way otherwise = rerun_after_crash_ ? Way::begin : Way::lost;
  run(std::move(request), job ? Way::follow : otherwise);
}

void IntegrationExecutor::run(TaskRequest request, Way way) {
  Integration* integration = find(request.resource);
  if (integration == nullptr) return fail_unserved(request);
  const AttemptId id = request.attempt;
  auto deliver = [&sink = sink_, state = state_, id](engine::TaskAnswer answer) {
    const bool last = !std::holds_alternative<engine::answer::Succeeded>(answer);
    {
      const std::lock_guard lock(state->mutex);
      auto found = state->under_way.find(id);
      if (found == state->under_way.end()) return;  // cancelled
      if (last || !found->second->wanted()) state->under_way.erase(found);
    }
    sink.answer(id, std::move(answer));
  };
  auto attempt = std::make_shared<IntegrationAttempt>(std::move(request), std::move(deliver));
  {
    const std::lock_guard lock(state_->mutex);
    state_->under_way[id] = attempt;
  }
  runner_.post([integrations = integrations_, integration, attempt, way] {
    attempt->work([&] {
      if (way == Way::begin) return integration->begin(attempt);
      if (way == Way::follow) return integration->follow(attempt);
      attempt->answer(integration->lost(*attempt));
    });
  });
}

void IntegrationExecutor::fail_unserved(const TaskRequest& request) {
  sink_.answer(request.attempt, engine::answer::Failed{"Perdure.UnsupportedResourceException",
                                                       "The resource '" + request.resource.arn +
                                                           "' is not supported by this server."});
}

}  // namespace perdure::executors
