#include "tests/sim/world/workers.h"

#include "base/hash.h"
#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

using engine::AttemptId;
using engine::TaskRequest;

constexpr char worker_gone[] = "Lambda.ServiceException";

bool is_express(const TaskRequest& request) {
  return request.execution_arn.find(":express:") != std::string::npos;
}

std::string shown(const TaskRequest& request) {
  return fmt::format("{} #{} ({})", request.execution_arn, request.attempt.scheduled,
                     request.state_name);
}

}  // namespace

class Workers::Connection final : public engine::Executor {
 public:
  explicit Connection(Workers& workers) : workers_(workers) {}
  bool serves(const asl::TaskResource& resource) const override {
    return resource.family == asl::TaskResource::Family::lambda_function ||
           resource.service == "lambda";
  }
  std::optional<std::string> reserve(const TaskRequest& request) override {
    if (!workers_.world_.chance().percent(50)) return std::nullopt;
    return fmt::format("warm-{}-{}", workers_.world_.incarnation(), request.attempt.scheduled);
  }
  void dispatch(TaskRequest request) override { workers_.dispatch(std::move(request)); }
  void go(const AttemptId& attempt) override { workers_.go(attempt); }
  void cancel(const AttemptId& attempt) override { workers_.cancel(attempt); }
  void recover(TaskRequest request) override { workers_.recover(std::move(request)); }

 private:
  Workers& workers_;
};

std::shared_ptr<engine::Executor> Workers::make_executor() {
  return std::make_shared<Connection>(*this);
}

// Synchronous EXPRESS executions have nothing durable, asynchronous ones their start only.
bool Workers::durable(const TaskRequest& request) const {
  const auto& [key, scheduled] = request.attempt;
  return is_express(request) || world_.ledger().attempt(key, scheduled) != nullptr;
}

bool Workers::started(const TaskRequest& request) const {
  if (is_express(request)) return true;
  const auto& [key, scheduled] = request.attempt;
  const AttemptFacts* facts = world_.ledger().attempt(key, scheduled);
  return facts != nullptr && facts->started;
}

void Workers::dispatch(TaskRequest request) {
  world_.note("dispatch", static_cast<uint64_t>(request.attempt.scheduled), "{}", shown(request));
  world_.require(durable(request), "no dispatch before its Scheduled entry is durable",
                 shown(request));
  Task& task = tasks_[request.attempt];
  world_.require(task.dispatched_in != world_.incarnation(), "no attempt is dispatched twice",
                 shown(request));
  if (is_express(request)) task = {};  // a rerun names its attempts as before
  world_.require(!task.ran, "no attempt is run twice", shown(request));
  task.dispatched_in = world_.incarnation();
  task.request = std::move(request);
  if (!task.request.request_id.empty()) return run(task);
  const AttemptId attempt = task.request.attempt;
  world_.later_here(world_.chance().between(0, 300), [this, attempt] {
    const std::string id = fmt::format("cold-{}-{}", world_.incarnation(), attempt.scheduled);
    world_.assembly()->answers().answer(attempt, engine::answer::Ready{id});
  });
}

void Workers::go(const AttemptId& attempt) {
  const auto found = tasks_.find(attempt);
  if (found != tasks_.end() && !found->second.ran) run(found->second);
}

void Workers::run(Task& task) {
  world_.note("run", static_cast<uint64_t>(task.request.attempt.scheduled), "{}",
              shown(task.request));
  world_.require(started(task.request), "no worker gets a request before Started is durable",
                 shown(task.request));
  task.ran = true;
  const std::string token = token_in(task.request.parameters.text());
  if (!token.empty() && on_token) on_token(task.request, token);
  plan_answer(task);
}

void Workers::plan_answer(Task& task) {
  const TaskRequest& request = task.request;
  const bool callback = request.resource.pattern == asl::TaskPattern::wait_for_task_token;
  const Script script = script_of(request.state_machine_arn, request.state_name,
                                  request.parameters.text(), request.attempt_number);
  if (callback) {
    task.answer = engine::answer::Succeeded{asl::Payload(std::string("{}"))};
  } else if (script.succeeds) {
    task.answer = engine::answer::Succeeded{asl::Payload(script.output)};
  } else {
    task.answer = engine::answer::Failed{scripted_error, scripted_cause};
  }
  Chance& chance = world_.chance();
  const uint64_t dice = world_.faulty() ? chance.below(100) : 99;
  if (dice < 4) {
    task.hung = true;
  } else if (dice < 7) {
    task.answer = engine::answer::Failed{worker_gone, "The worker crashed."};
    answer_in(chance.between(1, 2'000), request.attempt);
  } else {
    answer_in(dice < 15 ? chance.between(1'000, 60'000) : chance.between(1, 200), request.attempt);
    if (dice > 90 && dice < 99) answer_in(chance.between(1, 40'000), request.attempt);
  }
}

void Workers::answer_in(int64_t ms, const AttemptId& attempt) {
  world_.later(ms, [this, attempt] { tell(attempt); });
}

// A worker keeps its answer while the engine is away.
void Workers::tell(const AttemptId& attempt) {
  Task& task = tasks_.at(attempt);
  if (task.gone || !task.ran) return;
  if (world_.engine() == nullptr) return answer_in(500, attempt);
  task.answered = true;
  world_.note("answer", static_cast<uint64_t>(attempt.scheduled), "{}", shown(task.request));
  world_.assembly()->answers().answer(attempt, task.answer);
}

void Workers::cancel(const AttemptId& attempt) {
  const auto found = tasks_.find(attempt);
  if (found == tasks_.end()) return;
  world_.note("cancel", static_cast<uint64_t>(attempt.scheduled), "{}",
              shown(found->second.request));
  // What already runs may run on, and answers late.
  if (!found->second.ran || world_.chance().percent(30)) found->second.gone = true;
}

void Workers::recover(TaskRequest request) {
  world_.note("recover", static_cast<uint64_t>(request.attempt.scheduled), "{}", shown(request));
  world_.require(started(request), "only started attempts are recovered", shown(request));
  Task& task = tasks_[request.attempt];
  const AttemptId attempt = request.attempt;
  if (!task.ran || task.gone) {
    task.request = std::move(request);
    task.ran = true;  // never again
    task.gone = false;
    task.answer = engine::answer::Failed{worker_gone, "Its worker is gone."};
    return answer_in(1, attempt);
  }
  if (task.answered) answer_in(1, attempt);
}

void Workers::power_lost() {
  for (auto& [attempt, task] : tasks_) task.gone = true;
}

void Workers::calm_down() {
  for (auto& [attempt, task] : tasks_) {
    if (std::exchange(task.hung, false)) answer_in(world_.chance().between(1, 1'000), attempt);
  }
}

// A result that is applied was given for that very attempt.
void Workers::entry(const engine::ActorKey& key, const Held& before, const asl::Entry& entry) {
  using asl::EntryType;
  const bool succeeded =
      entry.type == EntryType::LambdaFunctionSucceeded || entry.type == EntryType::TaskSucceeded;
  const bool failed =
      entry.type == EntryType::LambdaFunctionFailed || entry.type == EntryType::TaskFailed;
  if (!succeeded && !failed) return;
  const asl::Frame* frame = before.fold->frame(entry.frame);
  const auto& resource = std::get<asl::TaskState>(frame->state->kind).resource;
  if (resource.service == "states") return;
  const AttemptId attempt{key, frame->attempt.scheduled};
  if (frame->attempt.pattern == asl::TaskPattern::wait_for_task_token &&
      called_back_.contains(attempt)) {
    return;
  }
  const auto task = tasks_.find(attempt);
  bool given = task != tasks_.end() && task->second.answered;
  if (given) {
    given = std::holds_alternative<engine::answer::Succeeded>(task->second.answer) == succeeded;
  }
  world_.require(given, "a result is that of its own attempt",
                 fmt::format("{} #{} of attempt {}", hex(key.bytes), entry.id, attempt.scheduled));
}

}  // namespace perdure::sim
