#include "api/workflow_tests/mock_executor.h"

#include <utility>

#include "api/workflow_tests/matching.h"
#include "base/json.h"
#include "engine/tokens.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::TaskPattern;
using engine::AttemptId;
using engine::TaskRequest;

std::string machine_name(const std::string& arn) {
  const std::string name = arn.substr(arn.rfind(':') + 1);
  return name.substr(0, name.find('/'));  // of a map run's children: NAME/LABEL
}

std::string in_quotes(const std::string& text) { return "'" + text + "'"; }

// What lambda:invoke makes of a function's result.
std::string invocation(const std::string& payload) {
  return R"({"ExecutedVersion":"$LATEST","Payload":)" + payload + R"(,"StatusCode":200})";
}

// Only what is answered by what the function returns: nobody would send a task token back.
bool calls_function(const asl::TaskResource& resource) {
  const bool lambda =
      resource.family == asl::TaskResource::Family::lambda_function || resource.service == "lambda";
  return lambda && resource.pattern == TaskPattern::request_response;
}

bool fits(const asl::Value& expected, const asl::Value& actual) {
  std::vector<Difference> differences;
  compare(expected, actual, "", differences);
  return differences.empty();
}

}  // namespace

const Mocks::value_type* mock_of(const Mocks& mocks, const std::string& machine,
                                 const std::string& state) {
  auto found = mocks.find(machine + "/" + state);
  if (found == mocks.end()) found = mocks.find(state);
  return found == mocks.end() ? nullptr : &*found;
}

MockExecutor::MockExecutor(VirtualTime& time, const Scene& scene, std::vector<Problem>& problems,
                           std::function<void()> stop)
    : time_(time), scene_(scene), problems_(problems), stop_(std::move(stop)) {}

void MockExecutor::connect(engine::Assembly& assembly, std::string token_secret) {
  assembly_ = &assembly;
  token_secret_ = std::move(token_secret);
}

void MockExecutor::give_up(std::string at, std::string message) {
  problems_.push_back({std::move(at), std::move(message)});
  stop_();
}

void MockExecutor::dispatch(TaskRequest request) {
  asl::Arena arena;
  const auto parsed = asl::parse(request.parameters, arena);
  const asl::Value parameters = parsed ? *parsed : asl::Value();
  const MockAnswer* const mock = choose(request, parameters);
  if (mock == nullptr) return;
  if (!mock->missing.empty()) {
    return give_up(mock->at, "The state " + in_quotes(request.state_name) + ": " + mock->missing);
  }
  check_call(request, *mock, parameters);
  open_.insert(request.attempt);
  answer(request, *mock);
}

const MockAnswer* MockExecutor::choose(const TaskRequest& request, const asl::Value& parameters) {
  const std::string machine = machine_name(request.state_machine_arn);
  const std::string state = "The state " + in_quotes(request.state_name);
  const auto* const mock = mock_of(*scene_.mocks, machine, request.state_name);
  if (mock == nullptr && scene_.functions != nullptr && calls_function(request.resource)) {
    call_function(request);
    return nullptr;
  }
  if (mock == nullptr) {
    give_up("", state + " (" + request.resource.arn + ") has no mock; it was called with " +
                    std::string(request.parameters.text()));
    return nullptr;
  }
  for (const MockAnswer& answer : mock->second) {
    int64_t& used = used_[&answer];
    const bool left = answer.times == MockAnswer::always || used < answer.times;
    if (!left || (answer.when.defined() && !fits(answer.when, parameters))) continue;
    ++used;
    return &answer;
  }
  give_up(mock->second.empty() ? "" : mock->second.back().at,
          state + " has no answer left in its mock for a call with " +
              std::string(request.parameters.text()));
  return nullptr;
}

// It takes as long as it takes, and no time of the virtual clock.
void MockExecutor::call_function(const TaskRequest& request) {
  auto answer = scene_.functions->call(request.resource, request.parameters.text());
  if (!answer) {
    return give_up(
        "", "The state " + in_quotes(request.state_name) + " has no mock: " + answer.error().cause);
  }
  open_.insert(request.attempt);
  time_.post([this, attempt = request.attempt, answer = std::move(*answer)] {
    if (open_.erase(attempt) > 0) assembly_->answers().answer(attempt, answer);
  });
}

void MockExecutor::check_call(const TaskRequest& request, const MockAnswer& mock,
                              const asl::Value& parameters) {
  if (mock.called_with.defined()) {
    std::vector<Difference> differences;
    compare(mock.called_with, parameters, "", differences);
    for (const Difference& difference : differences) {
      problems_.push_back({mock.at + "/calledWith",
                           "The state " + in_quotes(request.state_name) + " was called with " +
                               (difference.pointer.empty() ? "" : difference.pointer + " = ") +
                               difference.actual + ", expected " + difference.expected});
    }
  }
  if (mock.is_payload && request.resource.service != "lambda") {
    give_up(mock.at, "`payload` is for lambda:invoke; the state " + in_quotes(request.state_name) +
                         " calls " + request.resource.arn);
  }
}

void MockExecutor::answer(const TaskRequest& request, const MockAnswer& mock) {
  const TaskPattern pattern = request.resource.pattern;
  const bool submitted = pattern != TaskPattern::request_response;
  const std::string token =
      engine::mint_token({request.attempt.execution, request.attempt.scheduled, 0}, token_secret_);
  if (mock.heartbeat_ms > 0) beat(request.attempt, token, mock.heartbeat_ms);
  if (submitted) {
    const bool handed_on = request.parameters.text().find(token) != std::string_view::npos;
    if (pattern == TaskPattern::wait_for_task_token && scene_.hands_tokens_on && !handed_on) {
      return give_up("", "The state " + in_quotes(request.state_name) +
                             " waits for a task token, but its parameters do not hand it on: "
                             "nobody could answer");
    }
    assembly_->answers().answer(request.attempt, engine::answer::Succeeded{asl::Payload("{}")});
  }
  if (mock.forever) return;
  const bool invoke = mock.is_payload && !submitted &&
                      request.resource.family == asl::TaskResource::Family::integration;
  const auto give = [this, attempt = request.attempt, &mock, submitted, invoke, token] {
    if (open_.erase(attempt) == 0) return;
    if (submitted) return answer_by_token(token, mock);
    if (mock.fails) {
      assembly_->answers().answer(attempt, engine::answer::Failed{mock.error, mock.cause});
    } else {
      assembly_->answers().answer(
          attempt,
          engine::answer::Succeeded{asl::Payload(invoke ? invocation(mock.result) : mock.result)});
    }
  };
  if (mock.takes_ms == 0) return time_.post(give);
  time_.run_at(time_.now_ms() + mock.takes_ms, give);
}

// The end of a job, or a callback: both come through the attempt's token.
void MockExecutor::answer_by_token(const std::string& token, const MockAnswer& mock) {
  const auto done = [](Result<bool>) {};
  engine::Engine& engine = assembly_->engine();
  if (mock.fails) return engine.task_failed({}, token, mock.error, mock.cause, done);
  engine.task_succeeded({}, token, mock.result, done);
}

void MockExecutor::beat(const AttemptId& attempt, const std::string& token, int64_t every_ms) {
  time_.run_at(time_.now_ms() + every_ms, [this, attempt, token, every_ms] {
    if (!open_.contains(attempt)) return;
    assembly_->engine().task_heartbeat({}, token, [](Result<bool>) {});
    beat(attempt, token, every_ms);
  });
}

}  // namespace perdure::api::workflow_tests
