#include "asl/test_state/test_state.h"

#include <algorithm>
#include <limits>

#include "asl/execution/run.h"
#include "asl/states/data_flow.h"

namespace perdure::asl {
namespace {

constexpr std::string_view tested_name = "StateName";

const ResultFields& fields_of(const State& state) {
  if (const auto* task = std::get_if<TaskState>(&state.kind)) return task->fields;
  if (const auto* map = std::get_if<MapState>(&state.kind)) return map->fields;
  return std::get<ParallelState>(state.kind).fields;
}

bool is_container(const State& state) {
  return std::holds_alternative<MapState>(state.kind) ||
         std::holds_alternative<ParallelState>(state.kind);
}

// In a history the cause says where it was; a single state is nowhere.
std::string without_place(std::string cause) {
  constexpr std::string_view prefix = "An error occurred while executing the state '";
  constexpr std::string_view end = "). ";
  if (!cause.starts_with(prefix)) return cause;
  const size_t at = cause.find(end);
  return at == std::string::npos ? cause : cause.substr(at + end.size());
}

}  // namespace

StateTest::StateTest(std::shared_ptr<const StateMachine> machine, Setting setting)
    : setting_(std::move(setting)), random_(setting_.seed), execution_(std::move(machine)) {
  // A burst ends after each state, so that what would follow the tested one is not entered.
  limits_.burst_entries = 1;
  // No time passes, however long the state waits.
  limits_.express_execution_ms = std::numeric_limits<int64_t>::max() / 4;
}

const State& StateTest::state() const {
  return *execution_.machine().graph.find(std::string(tested_name));
}

Surrounding StateTest::surrounding() {
  Surrounding surrounding{setting_.now_ms, random_, *this, limits_};
  surrounding.inspector = this;
  return surrounding;
}

void StateTest::give(const Input& input) {
  Burst burst = advance(execution_, input, surrounding());
  std::move(burst.entries.begin(), burst.entries.end(), std::back_inserter(entries_));
}

void StateTest::enter() {
  input::Start start;
  start.identity = setting_.identity;
  start.input = setting_.input;
  give(start);
  while (frame() != nullptr && frame()->phase == Phase::ready &&
         (frame()->state == nullptr || frame()->state->name != tested_name)) {
    give(input::Continue{});
  }
  if (frame() == nullptr || frame()->phase != Phase::waiting) return;
  setting_.now_ms = std::max(setting_.now_ms, frame()->due_ms);
  give(input::Due{});
}

bool StateTest::needs_result() const {
  if (execution_.closed() || frame() == nullptr) return false;
  return frame()->phase == Phase::task || frame()->phase == Phase::children;
}

const Entry& StateTest::scheduled() const { return frame()->attempt.schedule; }

void StateTest::retry_before(const std::string& error, int64_t attempts) {
  for (int64_t i = 0; i < attempts && needs_result(); ++i) {
    give_failure(error, std::nullopt);
    if (execution_.closed() || frame() == nullptr || frame()->phase != Phase::backoff) return;
    setting_.now_ms = std::max(setting_.now_ms, frame()->due_ms);
    give(input::Due{});
  }
}

void StateTest::give_result(const Payload& result) {
  const Surrounding lent = surrounding();  // outlives the run
  Run run(execution_, lent);
  const Frame& tested = *frame();
  const EventId at = tested.last_event;
  const auto exit =
      exit_with_result(run.evaluation(tested), tested, fields_of(state()), Data{result});
  if (exit) {
    run.leave(tested, *exit, state().common.next, at);
  } else {
    run.fail(tested, exit.error(), at);
  }
  Burst burst = run.take();
  std::move(burst.entries.begin(), burst.entries.end(), std::back_inserter(entries_));
}

void StateTest::give_failure(std::optional<std::string> error, std::optional<std::string> cause) {
  error_ = error;
  cause_ = cause;
  if (!is_container(state())) {
    return give(
        input::AttemptFailed{frame()->attempt.scheduled, std::move(error), std::move(cause)});
  }
  const Surrounding lent = surrounding();  // outlives the run
  Run run(execution_, lent);
  run.fail(*frame(), Failure{std::move(error), std::move(cause), true}, frame()->last_event);
  Burst burst = run.take();
  std::move(burst.entries.begin(), burst.entries.end(), std::back_inserter(entries_));
}

TestOutcome StateTest::outcome() const {
  TestOutcome outcome;
  const auto exited = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.has(Field::output) && entry.frame == 0 && entry.text(Field::name) == tested_name &&
           is_event(entry.type);
  });
  if (exited != entries_.end()) {
    outcome.status = error_ ? TestOutcome::Status::caught_error : TestOutcome::Status::succeeded;
    outcome.output = exited->payload(Field::output);
    outcome.next = exited->text(Field::next);
    outcome.error = error_;
    outcome.cause = cause_;
    if (error_) outcome.catch_index = catcher_index(state(), Failure{error_, cause_, true});
    return outcome;
  }
  const Entry& last = entries_.back();
  if (last.type == EntryType::RetryScheduled) {
    outcome.status = TestOutcome::Status::retriable;
    outcome.error = error_;
    outcome.cause = cause_;
    outcome.retry_index = last.number(Field::index);
    outcome.retry_delay_ms = last.number(Field::due_ms) - last.timestamp_ms;
    return outcome;
  }
  if (last.has(Field::error)) outcome.error = last.text(Field::error);
  if (last.has(Field::cause)) outcome.cause = without_place(std::string(last.text(Field::cause)));
  return outcome;
}

std::string StateTest::task_token(const Execution&, EventId scheduled) {
  return "token-" + std::to_string(scheduled);
}

void StateTest::saw(const Frame& frame, DataStage stage, const Payload& data) {
  if (frame.id == 0 && frame.state->name == tested_name) stages_[stage] = data;
}

}  // namespace perdure::asl
