#include "executors/functions/lambda_executor.h"

#include <cstring>

#include "base/ids.h"

namespace perdure::executors {

using engine::AttemptId;
using engine::TaskAnswer;
using engine::TaskRequest;

namespace {

// An attempt stays with one version of an alias, however often it is asked.
double chance_of(const AttemptId& attempt) {
  uint64_t bits = 0;
  std::memcpy(&bits, attempt.execution.bytes.data(), sizeof bits);
  return executors::chance_of(SeededRandom(bits ^ static_cast<uint64_t>(attempt.scheduled)).next());
}

}  // namespace

LambdaExecutor::LambdaExecutor(engine::AnswerSink& sink, FunctionCatalog& catalog, Pools& pools,
                               const Clock& clock, Random& random, LambdaExecutorOptions options)
    : sink_(sink),
      catalog_(catalog),
      pools_(pools),
      clock_(clock),
      random_(random),
      options_(options) {}

bool LambdaExecutor::serves(const asl::TaskResource& resource) const {
  using Family = asl::TaskResource::Family;
  if (resource.family == Family::lambda_function) return true;
  return resource.family == Family::integration && resource.service == "lambda" &&
         (resource.action == "invoke" || resource.action == "invoke.waitForTaskToken");
}

Result<LambdaExecutor::Plan> LambdaExecutor::plan(const TaskRequest& request) {
  PD_TRY(call, read_lambda_call(request.resource, request.parameters.text()));
  PD_TRY(name, parse_function_name(request.tenant, call.function));
  PD_CHECK(add_qualifier(name, call.qualifier));
  PD_TRY(function, catalog_.find_to_invoke(name, chance_of(request.attempt)));
  PD_TRY(root, catalog_.code_root(*function));
  return Plan{std::move(call), std::move(function), std::move(root), name.qualified_arn()};
}

Work LambdaExecutor::work_of(const Plan& plan, const TaskRequest& request,
                             std::string request_id) const {
  return {.request_id = std::move(request_id),
          .function = plan.function,
          .code_root = plan.code_root,
          .invoked_arn = plan.invoked_arn,
          .payload = plan.call.payload,
          .client_context = plan.call.client_context,
          .trace_header = request.trace_header,
          .log_tail = plan.call.log_tail,
          .on_report = metering(plan, request)};
}

OnReport LambdaExecutor::metering(const Plan& plan, const TaskRequest& request) const {
  if (!options_.logs) return nullptr;
  MeteredCall call{request.tenant, request.state_name, plan.function->version_arn()};
  return [this, attempt = request.attempt, call = std::move(call)](const InvocationReport& report) {
    write_metering(*options_.logs, clock_.now_ms(), attempt, call, report);
  };
}

LambdaExecutor::AttemptHandle LambdaExecutor::attempt_of(const TaskRequest& request,
                                                         const Result<Plan>& plan,
                                                         std::string request_id) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request_id = std::move(request_id);
  if (plan) {
    attempt->call = plan->call;
  }
  attempt->call.payload.clear();  // is with the work; many may wait for a worker
  attempt->call.payload.shrink_to_fit();
  std::lock_guard lock(mutex_);
  attempts_[request.attempt] = attempt;
  return attempt;
}

std::optional<std::string> LambdaExecutor::reserve(const TaskRequest& request) {
  auto planned = plan(request);
  std::optional<std::string> request_id;
  // What needs no worker of its own can be called started at once.
  if (!planned || planned->call.type != InvocationType::request_response) {
    request_id = make_uuid(random_);
  } else {
    request_id = pools_.reserve(planned->function);
  }
  if (request_id) attempt_of(request, planned, *request_id);
  return request_id;
}

void LambdaExecutor::dispatch(TaskRequest request) {
  auto planned = plan(request);
  if (!request.request_id.empty()) {
    attempt_of(request, planned, request.request_id)->started = true;
    if (!planned)
      return deliver(request.attempt, lambda_refusal(planned.error(), request.request_id));
    return begin(request, *planned, request.request_id);
  }
  std::string request_id = make_uuid(random_);
  attempt_of(request, planned, request_id);
  auto ready = [this, id = request.attempt, request_id] {
    sink_.answer(id, engine::answer::Ready{request_id});
  };
  if (!planned) {
    deliver(request.attempt, lambda_refusal(planned.error(), request_id));
    return ready();
  }
  if (planned->call.type != InvocationType::request_response) {
    run_apart(request, *planned, work_of(*planned, request, request_id));
    return ready();
  }
  pools_.invoke_in_steps(work_of(*planned, request, request_id), ready, answering(request.attempt));
}

// The Started entry is durable.
void LambdaExecutor::begin(const TaskRequest& request, const Plan& plan,
                           const std::string& request_id) {
  Work work = work_of(plan, request, request_id);
  if (plan.call.type != InvocationType::request_response) {
    return run_apart(request, plan, std::move(work));
  }
  pools_.start(std::move(work), answering(request.attempt));
}

// Event and DryRun: the answer does not wait for the function, but an Event must be durable first.
void LambdaExecutor::run_apart(const TaskRequest& request, const Plan& plan, Work work) {
  AttemptId id = request.attempt;
  work.on_report = nullptr;  // no part of this execution
  InvokeResult accepted{.request_id = work.request_id};
  if (plan.call.type == InvocationType::dry_run) return answered(id, std::move(accepted));
  if (work.payload.size() > max_async_payload_bytes) {
    return answered(id,
                    Error{ErrorKind::too_large, "RequestTooLargeException",
                          std::to_string(work.payload.size()) +
                              " byte payload is too large for the Event invocation type (limit " +
                              std::to_string(max_async_payload_bytes) + " bytes)"});
  }
  if (!options_.invocations) {
    pools_.invoke(std::move(work), true, [](const Result<InvokeResult>&) {});
    return answered(id, std::move(accepted));
  }
  options_.invocations->invoke_async(
      {.tenant = plan.function->tenant,
       .function = plan.invoked_arn,
       .payload = std::move(work.payload),
       .request_id = std::move(work.request_id),
       .trace_header = std::move(work.trace_header)},
      [this, id, accepted = std::move(accepted)](const Result<std::string>& stored) {
        if (!stored) return answered(id, stored.error());
        answered(id, accepted);
      });
}

void LambdaExecutor::go(const AttemptId& id) {
  std::optional<TaskAnswer> waiting;
  std::string request_id;
  {
    std::lock_guard lock(mutex_);
    auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    found->second->started = true;
    request_id = found->second->request_id;
    waiting = std::exchange(found->second->waiting, std::nullopt);
    if (waiting) attempts_.erase(found);
  }
  if (waiting) return sink_.answer(id, std::move(*waiting));
  pools_.go(request_id);
}

void LambdaExecutor::cancel(const AttemptId& id) {
  std::string request_id;
  {
    std::lock_guard lock(mutex_);
    auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    request_id = found->second->request_id;
    attempts_.erase(found);
  }
  pools_.release(request_id);
}

void LambdaExecutor::recover(TaskRequest request) {
  auto planned = plan(request);
  attempt_of(request, planned, request.request_id)->started = true;
  auto on_result = [this, request, planned](Result<InvokeResult> result) {
    bool lost = !result && result.error() == worker_lost();
    if (lost && options_.rerun_after_crash && planned) {
      return begin(request, *planned, request.request_id);
    }
    // It was refused before the crash too: nothing had run.
    if (lost && !planned) return answered(request.attempt, planned.error());
    answered(request.attempt, result);
  };
  pools_.recover(request.request_id, std::move(on_result),
                 planned ? metering(*planned, request) : nullptr);
}

Done<InvokeResult> LambdaExecutor::answering(const AttemptId& id) {
  return [this, id](const Result<InvokeResult>& result) { answered(id, result); };
}

void LambdaExecutor::answered(const AttemptId& id, const Result<InvokeResult>& result) {
  LambdaCall call;
  std::string request_id;
  {
    std::lock_guard lock(mutex_);
    auto found = attempts_.find(id);
    if (found == attempts_.end()) return;  // cancelled
    call = found->second->call;
    request_id = found->second->request_id;
  }
  deliver(id, result ? lambda_answer(call, *result, clock_, random_)
                     : lambda_refusal(result.error(), request_id));
}

// An answer never comes before the attempt has started.
void LambdaExecutor::deliver(const AttemptId& id, TaskAnswer answer) {
  {
    std::lock_guard lock(mutex_);
    auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    if (!found->second->started) {
      found->second->waiting = std::move(answer);
      return;
    }
    attempts_.erase(found);
  }
  sink_.answer(id, std::move(answer));
}

}  // namespace perdure::executors
