#include "asl/test_state/test_state.h"

#include <algorithm>
#include <limits>

#include "asl/states/data_flow.h"
#include "asl/test_state/map_inspection.h"
#include "asl/test_state/tested_machine.h"
#include "asl/value/split.h"

namespace perdure::asl {
namespace {

const ResultFields& fields_of(const State& state) {
  if (const auto* task = std::get_if<TaskState>(&state.kind)) return task->fields;
  if (const auto* map = std::get_if<MapState>(&state.kind)) return map->fields;
  return std::get<ParallelState>(state.kind).fields;
}

// In a history the cause says where it was; a single state is nowhere.
std::string without_place(std::string cause) {
  constexpr std::string_view prefix = "An error occurred while executing the state '";
  constexpr std::string_view end = "). ";
  if (!cause.starts_with(prefix)) return cause;
  const size_t at = cause.find(end);
  return at == std::string::npos ? cause : cause.substr(at + end.size());
}

std::optional<std::string> without_place(const std::optional<std::string>& cause) {
  return cause ? std::optional(without_place(*cause)) : std::nullopt;
}

}  // namespace

StateTest::StateTest(std::shared_ptr<const StateMachine> machine, Setting setting)
    : setting_(std::move(setting)),
      random_(setting_.seed),
      execution_(std::move(machine)),
      surrounding_{setting_.now_ms, random_, *this, limits_} {
  // A burst ends after each state, so that what would follow the tested one is not entered.
  limits_.burst_entries = 1;
  // No time passes, however long the state waits.
  limits_.express_execution_ms = std::numeric_limits<int64_t>::max() / 4;
  surrounding_.inspector = this;
}

const State& StateTest::state() const { return *execution_.machine().graph.find(tested_name); }

void StateTest::keep(Burst burst) {
  std::move(burst.entries.begin(), burst.entries.end(), std::back_inserter(entries_));
}

void StateTest::give(const Input& input) { keep(advance(execution_, input, surrounding_)); }

void StateTest::act(const std::function<void(Run&)>& act) {
  Run run(execution_, surrounding_);
  act(run);
  keep(run.take());
}

// As if a Pass state before had assigned them.
void StateTest::assign_variables() {
  if (!setting_.variables) return;
  Entry entry(EntryType::PassStateExited, 0);
  entry.id = execution_.last_event() + 1;
  entry.timestamp_ms = execution_.last_timestamp_ms();
  entry.set(Field::output, frame()->input)
      .set(Field::assigned_variables, setting_.variables)
      .set(Field::next, tested_name);
  execution_.apply(entry);
}

void StateTest::enter() {
  input::Start start;
  start.identity = setting_.identity;
  start.input = setting_.input;
  give(start);
  assign_variables();
  give(input::Continue{});
  if (frame()->phase == Phase::waiting) {
    surrounding_.now_ms = std::max(surrounding_.now_ms, frame()->due_ms);
    give(input::Due{});
  }
  stages_.erase(DataStage::after_item_selector);  // of single iterations
  const bool map = std::holds_alternative<MapState>(state().kind);
  if (map && needs_result() && !needs_items()) begin_map(stages_[DataStage::after_items_path]);
}

void StateTest::begin_map(const Payload& array) {
  const std::vector<std::string_view> items = split_array(array ? array.text() : "[]");
  iterations_ = static_cast<int64_t>(items.size());
  act([&](Run& run) {
    batches_ = inspect_map(std::get<MapState>(state().kind), *frame(), items, run);
  });
}

void StateTest::give_items(const Payload& items) {
  read_ = true;
  if (items && !reader()->items_pointer.empty()) pointed_items_ = items;
  Payload array = items;
  if (items) {
    stages_[DataStage::after_items_path] = items;
  } else {
    act([&](Run& run) { array = items_in_input(std::get<MapState>(state().kind), *frame(), run); });
  }
  begin_map(array);
}

const ItemReader* StateTest::reader() const {
  const auto* map = std::get_if<MapState>(&state().kind);
  if (map == nullptr || !map->distributed || !map->distributed->reader) return nullptr;
  return &*map->distributed->reader;
}

bool StateTest::needs_result() const {
  if (execution_.closed()) return false;
  const Phase phase = frame()->phase;
  return phase == Phase::task || phase == Phase::children || phase == Phase::map_run;
}

const Entry& StateTest::scheduled() const { return frame()->attempt.schedule; }

void StateTest::give_result(const Payload& result) {
  act([&](Run& run) {
    const Frame& tested = *frame();
    const EventId at = tested.last_event;
    const auto exit =
        exit_with_result(run.evaluation(tested), tested, fields_of(state()), Data{result});
    if (!exit) return run.fail(tested, exit.error(), at);
    run.leave(tested, *exit, state().common.next, at);
  });
}

void StateTest::give_failure(std::optional<std::string> error, std::optional<std::string> cause) {
  act([&](Run& run) {
    run.fail(*frame(), Failure{std::move(error), std::move(cause), true}, frame()->last_event);
  });
}

std::optional<double> StateTest::number(DataStage stage) const {
  const auto shown = stages_.find(stage);
  if (shown == stages_.end()) return std::nullopt;
  Arena arena;
  const auto value = parse(shown->second, arena);
  return value && value->is_number() ? std::optional(value->as_double()) : std::nullopt;
}

bool StateTest::exceeds_tolerated(int64_t failed) const {
  const auto count = number(DataStage::tolerated_failure_count);
  const auto percentage = number(DataStage::tolerated_failure_percentage);
  const auto failures = static_cast<double>(failed);
  return (count && failures > *count) ||
         (percentage && failures * 100 > *percentage * static_cast<double>(iterations()));
}

TestOutcome StateTest::outcome() const {
  TestOutcome outcome;
  if (failure_) {
    outcome.error = failure_->error;
    outcome.cause = without_place(failure_->cause);
    if (!failure_->final) outcome.retry_index = retrier_index(state(), *failure_);
  }
  const Entry& last = entries_.back();
  if (last.type == EntryType::RetryScheduled) {
    outcome.status = TestOutcome::Status::retriable;
    outcome.retry_delay_ms = last.number(Field::due_ms) - last.timestamp_ms;
    return outcome;
  }
  const auto exited = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.has(Field::output) && entry.frame == 0 && entry.text(Field::name) == tested_name;
  });
  if (exited != entries_.end()) {
    outcome.status = failure_ ? TestOutcome::Status::caught_error : TestOutcome::Status::succeeded;
    outcome.output = exited->payload(Field::output);
    outcome.next = exited->text(Field::next);
    if (failure_) outcome.catch_index = catcher_index(state(), *failure_);
    return outcome;
  }
  // A catcher may have failed in its turn.
  if (last.has(Field::error)) outcome.error = last.text(Field::error);
  if (last.has(Field::cause)) outcome.cause = without_place(std::string(last.text(Field::cause)));
  return outcome;
}

Payload StateTest::variables() const {
  const auto& variables = frame()->variables;
  if (variables.empty()) return {};
  Arena arena;
  std::string text = "{";
  for (const auto& [name, value] : variables) {
    if (text.size() > 1) text += ',';
    text += to_json(Value::string(name, arena)) + ":" + std::string(value.text());
  }
  return Payload(text + "}");
}

std::string StateTest::task_token(const Execution&, EventId scheduled) {
  return "token-" + std::to_string(scheduled);
}

void StateTest::saw(const Frame& frame, DataStage stage, const Payload& data) {
  if (frame.id == 0) stages_[stage] = data;
}

void StateTest::failed(const Frame& frame, const Failure& failure) {
  if (frame.id == 0) failure_ = failure;
}

}  // namespace perdure::asl
