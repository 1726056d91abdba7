#include "asl/execution/execution.h"

#include <charconv>
#include <iterator>

#include "asl/value/split.h"

namespace perdure::asl {
namespace {

// Where a child of this container runs: the branch with that index, or the item processor.
const StateGraph& child_graph(const Frame& container, int64_t index) {
  PD_ASSERT(container.state != nullptr);
  if (const auto* parallel = std::get_if<ParallelState>(&container.state->kind)) {
    return *parallel->branches.at(static_cast<size_t>(index));
  }
  return *std::get<MapState>(container.state->kind).processor;
}

// What the run has come to cannot get better: all its children succeeded, or its items could not be
// read. AWS then starts another one with a redrive.
bool is_over(const Entry& ended) {
  if (ended.type == EntryType::MapRunSucceeded) return true;
  const std::string_view error = ended.text(Field::error);
  return error == "States.DataLimitExceeded" || error == "States.ItemReaderFailed" ||
         error == "States.Runtime" || error == "States.QueryEvaluationError";
}

std::optional<std::string> optional_text(const Entry& entry, Field field) {
  if (!entry.has(field)) return std::nullopt;
  return std::string(entry.text(field));
}

}  // namespace

std::string_view status_name(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::not_started:
      return "PENDING";
    case ExecutionStatus::running:
      return "RUNNING";
    case ExecutionStatus::succeeded:
      return "SUCCEEDED";
    case ExecutionStatus::failed:
      return "FAILED";
    case ExecutionStatus::timed_out:
      return "TIMED_OUT";
    case ExecutionStatus::aborted:
      return "ABORTED";
  }
  return "RUNNING";
}

Execution::Execution(std::shared_ptr<const StateMachine> machine) : machine_(std::move(machine)) {
  PD_ASSERT(machine_ != nullptr);
}

const Frame* Execution::frame(FrameId id) const {
  const auto it = frames_.find(id);
  return it == frames_.end() ? nullptr : &it->second;
}

const Frame* Execution::frame_of_attempt(EventId scheduled) const {
  const auto it = attempts_.find(scheduled);
  return it == attempts_.end() ? nullptr : frame(it->second);
}

Frame& Execution::at(FrameId id) {
  const auto it = frames_.find(id);
  PD_ASSERT(it != frames_.end());
  return it->second;
}

void Execution::set_phase(Frame& frame, Phase phase) {
  if (frame.phase == Phase::ready) ready_.erase(frame.id);
  if (phase == Phase::ready) ready_.insert(frame.id);
  frame.phase = phase;
}

Frame& Execution::add_frame(FrameId id, FrameId parent, int64_t index, const StateGraph& graph) {
  Frame& frame = frames_[id];
  frame.id = id;
  frame.parent = parent;
  frame.index = index;
  frame.graph = &graph;
  frame.next_state = graph.start_at;
  set_phase(frame, Phase::ready);
  next_frame_id_ = std::max(next_frame_id_, id + 1);
  return frame;
}

void Execution::apply(const Entry& entry) {
  last_timestamp_ms_ = entry.timestamp_ms;
  if (!is_event(entry.type)) {
    apply_note(entry);
    return;
  }
  PD_ASSERT(entry.id == last_event_ + 1);
  last_event_ = entry.id;
  apply_event(entry);
}

void Execution::apply_note(const Entry& entry) {
  Frame& frame = at(entry.frame);
  switch (entry.type) {
    case EntryType::TimerArmed:
      frame.due_ms = entry.number(Field::due_ms);
      set_phase(frame, Phase::waiting);
      return;
    case EntryType::RetryScheduled: {
      drop_children(frame.id);
      const auto retrier = static_cast<size_t>(entry.number(Field::index));
      if (frame.retrier_attempts.size() <= retrier) frame.retrier_attempts.resize(retrier + 1);
      ++frame.retrier_attempts[retrier];
      ++frame.retry_count;
      frame.results.clear();
      frame.last_event = entry.previous;
      frame.due_ms = entry.number(Field::due_ms);
      set_phase(frame, Phase::backoff);
      return;
    }
    default:
      return;  // a note of a later version that changes no state
  }
}

void Execution::apply_event(const Entry& entry) {
  switch (entry.type) {
    case EntryType::ExecutionStarted:
      return start(entry);
    case EntryType::ExecutionSucceeded:
      output_ = entry.payload(Field::output);
      return close(entry, ExecutionStatus::succeeded);
    case EntryType::ExecutionFailed:
      return close(entry, ExecutionStatus::failed);
    case EntryType::ExecutionTimedOut:
      return close(entry, ExecutionStatus::timed_out);
    case EntryType::ExecutionAborted:
      return close(entry, ExecutionStatus::aborted);
    case EntryType::ExecutionRedriven:
      return redrive(entry);

    case EntryType::PassStateEntered:
    case EntryType::TaskStateEntered:
    case EntryType::ChoiceStateEntered:
    case EntryType::WaitStateEntered:
    case EntryType::SucceedStateEntered:
    case EntryType::FailStateEntered:
    case EntryType::ParallelStateEntered:
    case EntryType::MapStateEntered:
      return enter(entry);

    case EntryType::PassStateExited:
    case EntryType::TaskStateExited:
    case EntryType::ChoiceStateExited:
    case EntryType::WaitStateExited:
    case EntryType::SucceedStateExited:
    case EntryType::ParallelStateExited:
    case EntryType::MapStateExited:
      return exit(entry);

    case EntryType::TaskScheduled:
    case EntryType::LambdaFunctionScheduled:
    case EntryType::ActivityScheduled:
      return schedule(entry);

    case EntryType::TaskStarted:
    case EntryType::LambdaFunctionStarted:
    case EntryType::ActivityStarted: {
      Frame& frame = at(entry.frame);
      frame.attempt.started = true;
      frame.attempt.request_id = entry.text(Field::request_id);
      frame.last_event = entry.id;
      return;
    }
    case EntryType::TaskSubmitted: {
      Frame& frame = at(entry.frame);
      frame.attempt.submitted = true;
      frame.attempt.child_arn = entry.text(Field::child_arn);
      frame.attempt.submitted_output = entry.payload(Field::output);
      frame.last_event = entry.id;
      return;
    }

    case EntryType::TaskSucceeded:
    case EntryType::TaskFailed:
    case EntryType::TaskTimedOut:
    case EntryType::TaskStartFailed:
    case EntryType::TaskSubmitFailed:
    case EntryType::LambdaFunctionSucceeded:
    case EntryType::LambdaFunctionFailed:
    case EntryType::LambdaFunctionTimedOut:
    case EntryType::LambdaFunctionScheduleFailed:
    case EntryType::LambdaFunctionStartFailed:
    case EntryType::ActivitySucceeded:
    case EntryType::ActivityFailed:
    case EntryType::ActivityTimedOut:
    case EntryType::ActivityScheduleFailed: {
      Frame& frame = at(entry.frame);
      end_attempt(frame);
      frame.last_event = entry.id;
      return;
    }

    case EntryType::ParallelStateStarted:
      return start_branches(entry);
    case EntryType::MapStateStarted:
      return start_map(entry);
    case EntryType::MapRunStarted:
    case EntryType::MapRunRedriven: {
      Frame& frame = at(entry.frame);
      frame.map_run_arn = entry.text(Field::map_run_arn);
      frame.map_run_redrives = entry.number(Field::redrive_count);
      frame.map_run_over = false;
      frame.started_event = entry.id;
      frame.last_event = entry.id;
      return set_phase(frame, Phase::map_run);
    }
    case EntryType::MapRunSucceeded:
    case EntryType::MapRunFailed: {
      Frame& frame = at(entry.frame);
      frame.map_run_over = is_over(entry);
      frame.last_event = entry.id;
      return set_phase(frame, Phase::active);
    }
    case EntryType::MapIterationStarted:
      return start_iteration(entry);
    case EntryType::MapIterationSucceeded: {
      Frame& child = at(entry.frame);
      Frame& container = at(child.parent);
      finish_child(container, child, entry.previous);
      return;
    }
    case EntryType::MapIterationFailed:
    case EntryType::MapIterationAborted:
    case EntryType::TaskStateAborted:
    case EntryType::WaitStateAborted:
    case EntryType::MapRunAborted:
    case EntryType::MapStateAborted:
    case EntryType::ParallelStateAborted:
      return abort_frame(at(entry.frame));

    case EntryType::ParallelStateSucceeded:
    case EntryType::MapStateSucceeded:
      at(entry.frame).last_event = entry.previous;
      return;
    case EntryType::ParallelStateFailed:
    case EntryType::MapStateFailed:
      abort_children(entry.frame);
      at(entry.frame).last_event = entry.id;
      return;

    default:
      return;  // EvaluationFailed: no state of its own here
  }
}

void Execution::start(const Entry& entry) {
  identity_.arn = entry.text(Field::arn);
  identity_.name = entry.text(Field::execution_name);
  identity_.machine_arn = entry.text(Field::machine_arn);
  identity_.machine_name = entry.text(Field::machine_name);
  identity_.role_arn = entry.text(Field::role_arn);
  identity_.definition_hash = entry.text(Field::definition);
  identity_.type = static_cast<MachineType>(entry.number(Field::type));
  identity_.version_arn = entry.text(Field::version_arn);
  identity_.alias_arn = entry.text(Field::alias_arn);
  status_ = ExecutionStatus::running;
  started_ms_ = entry.timestamp_ms;
  deadline_ms_ = entry.number(Field::due_ms);
  input_ = entry.payload(Field::input);
  Frame& root = add_frame(0, 0, 0, machine_->graph);
  root.input = entry.has(Field::compact_input) ? entry.payload(Field::compact_input) : input_;
}

void Execution::enter(const Entry& entry) {
  Frame& frame = at(entry.frame);
  frame.state = frame.graph->find(entry.text(Field::name));
  PD_ASSERT(frame.state != nullptr);
  frame.input = entry.payload(Field::input);
  frame.entered_event = entry.id;
  frame.entered_after = entry.previous;
  frame.entered_ms = entry.timestamp_ms;
  frame.last_event = entry.id;
  frame.retrier_attempts.clear();
  frame.retry_count = 0;
  frame.inside = true;
  set_phase(frame, Phase::active);
}

void Execution::exit(const Entry& entry) {
  Frame& frame = at(entry.frame);
  drop_children(frame.id);
  frame.last_event = entry.id;
  frame.input = entry.payload(Field::output);
  for (const auto& [name, value] : split_object(entry.text(Field::assigned_variables))) {
    frame.variables.insert_or_assign(name, Payload(std::string(value)));
  }
  frame.next_state = entry.text(Field::next);
  frame.results.clear();
  frame.items.clear();
  frame.inside = false;
  frame.map_run_arn.clear();
  if (!frame.next_state.empty()) {
    set_phase(frame, Phase::ready);
    return;
  }
  set_phase(frame, Phase::done);
  if (frame.id == 0) return;
  Frame& container = at(frame.parent);
  // A branch ends with its last state; an iteration has an event of its own for that.
  if (std::holds_alternative<ParallelState>(container.state->kind)) {
    finish_child(container, frame, entry.id);
  }
}

void Execution::schedule(const Entry& entry) {
  Frame& frame = at(entry.frame);
  frame.last_event = entry.id;
  frame.attempt = Attempt{};
  frame.attempt.scheduled = entry.id;
  frame.attempt.pattern = static_cast<TaskPattern>(entry.number(Field::pattern));
  frame.attempt.timeout_due_ms = entry.number(Field::due_ms);
  frame.attempt.heartbeat_ms = entry.number(Field::heartbeat_seconds) * 1000;
  if (frame.attempt.heartbeat_ms > 0) {
    frame.attempt.heartbeat_due_ms = entry.timestamp_ms + frame.attempt.heartbeat_ms;
  }
  frame.attempt.schedule = entry;
  attempts_[entry.id] = frame.id;
  set_phase(frame, Phase::task);
}

void Execution::end_attempt(Frame& frame) {
  attempts_.erase(frame.attempt.scheduled);
  frame.attempt = Attempt{};
  set_phase(frame, Phase::active);
}

void Execution::start_branches(const Entry& entry) {
  drop_children(entry.frame);
  Frame& frame = at(entry.frame);
  const auto& parallel = std::get<ParallelState>(frame.state->kind);
  frame.last_event = entry.id;
  frame.started_event = entry.id;
  frame.join_event = entry.id;
  frame.results.assign(parallel.branches.size(), Payload());
  frame.running = static_cast<int64_t>(parallel.branches.size());
  frame.finished = 0;
  set_phase(frame, Phase::children);
  const auto first = static_cast<FrameId>(entry.number(Field::first_frame));
  for (size_t i = 0; i < parallel.branches.size(); ++i) {
    Frame& child = add_frame(first + static_cast<FrameId>(i), frame.id, static_cast<int64_t>(i),
                             *parallel.branches[i]);
    child.input = entry.payload(Field::child_input);
    child.last_event = entry.id;
  }
}

void Execution::start_map(const Entry& entry) {
  drop_children(entry.frame);
  Frame& frame = at(entry.frame);
  frame.last_event = entry.id;
  frame.started_event = entry.id;
  frame.map_run_arn.clear();
  // A distributed Map goes on with MapRunStarted, and has no frames.
  if (std::get<MapState>(frame.state->kind).distributed) return set_phase(frame, Phase::active);
  const Payload items = entry.payload(Field::items);
  frame.items.clear();
  if (items) {
    for (const std::string_view item : split_array(items.text())) {
      frame.items.emplace_back(std::string(item));
    }
  }
  frame.join_event = entry.id;
  frame.max_concurrency = entry.number(Field::max_concurrency);
  frame.results.assign(frame.items.size(), Payload());
  frame.running = 0;
  frame.finished = 0;
  frame.next_index = 0;
  set_phase(frame, Phase::children);
}

void Execution::start_iteration(const Entry& entry) {
  Frame& container = at(static_cast<FrameId>(entry.number(Field::parent)));
  const int64_t index = entry.number(Field::index);
  Frame& child = add_frame(entry.frame, container.id, index, child_graph(container, index));
  child.item = container.items.at(static_cast<size_t>(index));
  child.input = entry.has(Field::child_input) ? entry.payload(Field::child_input) : child.item;
  child.last_event = entry.id;
  container.next_index = index + 1;
  ++container.running;
}

void Execution::finish_child(Frame& container, Frame& child, EventId join) {
  container.results.at(static_cast<size_t>(child.index)) = child.input;
  container.join_event = join;
  --container.running;
  ++container.finished;
  drop_frame(child.id);
}

void Execution::close(const Entry& entry, ExecutionStatus status) {
  status_ = status;
  error_ = optional_text(entry, Field::error);
  cause_ = optional_text(entry, Field::cause);
  // The frames stay as they were for a redrive, but nothing of them runs any more.
  for (auto& [id, frame] : frames_) abort_frame(frame);
}

void Execution::redrive(const Entry& entry) {
  constexpr size_t remembered = 10;
  status_ = ExecutionStatus::running;
  output_ = Payload();
  error_.reset();
  cause_.reset();
  redrive_count_ = entry.number(Field::redrive_count);
  deadline_ms_ = entry.number(Field::due_ms);
  if (redrives_.size() == remembered) redrives_.erase(redrives_.begin());
  redrives_.push_back({std::string(entry.text(Field::client_token)), entry.timestamp_ms});
  if (entry.has(Field::from)) return restart_from(entry);
  for (auto& [id, frame] : frames_) reopen(frame);
}

// Variables keep their values; whatever ran inside the state that failed is gone.
void Execution::restart_from(const Entry& entry) {
  if (entry.has(Field::definition)) identity_.definition_hash = entry.text(Field::definition);
  frames_.erase(frames_.upper_bound(0), frames_.end());
  Frame& root = at(0);
  root.graph = &machine_->graph;
  root.state = nullptr;
  root.inside = false;
  root.results.clear();
  root.items.clear();
  root.map_run_arn.clear();
  root.next_state = entry.text(Field::from);
  if (entry.has(Field::redrive_input)) root.input = entry.payload(Field::redrive_input);
  root.last_event = entry.id;
  set_phase(root, Phase::ready);
}

// Frames of what had succeeded are gone, so every frame is one that failed, was aborted, or is
// around such a one. What comes next in it follows its own last event, as after a retry. A frame
// that is left active is the decider's, in the same burst.
void Execution::reopen(Frame& frame) {
  frame.retrier_attempts.clear();
  frame.retry_count = 0;
  const bool again = frame.inside && std::holds_alternative<FailState>(frame.state->kind);
  if (again) frame.next_state = frame.state->name;
  if (again || !frame.inside) {
    set_phase(frame, Phase::ready);
  } else {
    set_phase(frame, frame.results.empty() ? Phase::active : Phase::children);
  }
}

void Execution::abort_frame(Frame& frame) {
  if (frame.phase == Phase::done) return;
  attempts_.erase(frame.attempt.scheduled);
  frame.attempt = Attempt{};
  set_phase(frame, Phase::aborted);
}

std::vector<FrameId> Execution::children_of(FrameId container) const {
  std::vector<FrameId> children;
  for (auto it = frames_.upper_bound(container); it != frames_.end(); ++it) {
    if (it->second.parent == container) children.push_back(it->first);
  }
  return children;
}

void Execution::abort_children(FrameId container) {
  for (const FrameId child : children_of(container)) {
    abort_children(child);
    abort_frame(at(child));
  }
}

void Execution::drop_children(FrameId container) {
  const Frame& frame = at(container);
  if (frame.results.empty()) return;  // never was a container since it was entered
  for (const FrameId child : children_of(container)) drop_frame(child);
}

void Execution::drop_frame(FrameId id) {
  drop_children(id);
  abort_frame(at(id));
  ready_.erase(id);
  frames_.erase(id);
}

std::optional<int64_t> Execution::next_due_ms() const {
  if (status_ != ExecutionStatus::running) return std::nullopt;
  int64_t due = deadline_ms_ > 0 ? deadline_ms_ : INT64_MAX;
  for (const auto& [id, frame] : frames_) {
    if (frame.phase == Phase::waiting || frame.phase == Phase::backoff) {
      due = std::min(due, frame.due_ms);
    } else if (frame.phase == Phase::task) {
      if (frame.attempt.timeout_due_ms > 0) due = std::min(due, frame.attempt.timeout_due_ms);
      if (frame.attempt.heartbeat_due_ms > 0) due = std::min(due, frame.attempt.heartbeat_due_ms);
    }
  }
  if (due == INT64_MAX) return std::nullopt;
  return due;
}

bool Execution::has_open_attempts() const { return !attempts_.empty(); }

void Execution::heartbeat(EventId scheduled, int64_t now_ms) {
  const auto it = attempts_.find(scheduled);
  if (it == attempts_.end()) return;
  Attempt& attempt = at(it->second).attempt;
  if (attempt.heartbeat_ms > 0) attempt.heartbeat_due_ms = now_ms + attempt.heartbeat_ms;
}

std::string Execution::describe() const {
  std::string text;
  text.reserve(512 * (1 + frames_.size()));
  const auto add_text = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(value);
  };
  const auto add_number = [&text](std::string_view name, int64_t value) {
    char digits[20];
    const char* const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    text.append(name).append(digits, static_cast<size_t>(end - digits));
  };
  const auto add = [&](std::string_view name, int64_t value) {
    text.append(" ").append(name);
    add_number("=", value);
  };
  text += status_name(status_);
  add_number(" #", last_event_);
  add_number(" started ", started_ms_);
  add_number(" deadline ", deadline_ms_);
  add_text(" in ", input_.text());
  add_text(" out ", output_.text());
  add_text(" error ", error_ ? *error_ : "-");
  add_text(" cause ", cause_ ? *cause_ : "-");
  add_text("\n", identity_.arn);
  add_text(" of ", identity_.machine_arn);
  add("redrives", redrive_count_);
  add("next frame", next_frame_id_);
  add("last moment", last_timestamp_ms_);
  for (const Redrive& one : redrives_) add("redriven " + one.client_token, one.moment_ms);
  for (const auto& [id, frame] : frames_) {
    add("frame", id);
    add("parent", frame.parent);
    add("index", frame.index);
    add("phase", static_cast<int64_t>(frame.phase));
    add("last", frame.last_event);
    add("entered", frame.entered_event);
    add("entered after", frame.entered_after);
    add("entered_ms", frame.entered_ms);
    add("due", frame.due_ms);
    add("retries", frame.retry_count);
    add("inside", frame.inside);
    for (const int64_t attempts : frame.retrier_attempts) add("retrier", attempts);
    add("attempt", frame.attempt.scheduled);
    add("started", frame.attempt.started);
    add("submitted", frame.attempt.submitted);
    add("timeout", frame.attempt.timeout_due_ms);
    add("heartbeat", frame.attempt.heartbeat_ms);
    add_text(" child ", frame.attempt.child_arn);
    add("running", frame.running);
    add("most running", frame.max_concurrency);
    add("map started", frame.started_event);
    add("finished", frame.finished);
    add("next_index", frame.next_index);
    add("join", frame.join_event);
    add_text(" state ", frame.state != nullptr ? std::string_view(frame.state->name) : "-");
    add_text(" next ", frame.next_state);
    add_text(" input ", frame.input.text());
    add_text(" map run ", frame.map_run_arn);
    add("map run redrives", frame.map_run_redrives);
    add("map run over", frame.map_run_over);
    add_text(" item ", frame.item.text());
    add_text(" request ", frame.attempt.request_id);
    for (const Payload& item : frame.items) add_text(" about ", item.text());
    for (const Payload& result : frame.results) add_text(" result ", result.text());
    for (const auto& [name, value] : frame.variables) {
      add_text(" $", name);
      add_text("=", value.text());
    }
    text += "\n";
  }
  return text;
}

}  // namespace perdure::asl
