#include "asl/states/data_flow.h"
#include "asl/states/states.h"
#include "base/time.h"

namespace perdure::asl {
namespace {

constexpr int64_t longest_wait_seconds = INT32_MAX;  // recorded: 24,855 days wait, 24,856 fail

Error runtime(std::string cause) {
  return Error{ErrorKind::runtime, "States.Runtime", std::move(cause)};
}

std::string shown(const Value& value) {
  return value.is(Kind::string) ? std::string(value.as_string()) : to_json(value);
}

Result<Value> referenced(const PathExpression& path, std::string_view field, Data& input,
                         Evaluation& evaluation) {
  PD_TRY(scope, evaluation.scope(input));
  auto found = path.evaluate(scope);
  if (found) return found;
  return runtime("The " + std::string(field) +
                 " parameter does not reference an input value: " + path.text());
}

Result<int64_t> due_time(const WaitState::Seconds& wait, Data&, Evaluation&, int64_t now_ms) {
  return now_ms + wait.seconds * 1000;
}

Result<int64_t> due_time(const WaitState::SecondsPath& wait, Data& input, Evaluation& evaluation,
                         int64_t now_ms) {
  PD_TRY(value, referenced(wait.path, "SecondsPath", input, evaluation));
  if (!value.is(Kind::integer)) {
    return runtime("The SecondsPath parameter cannot be parsed as a long value: " +
                   wait.path.text() + " == " + shown(value));
  }
  if (value.as_integer() < 0) {
    return runtime("The SecondsPath parameter references a negative value: " + wait.path.text() +
                   " == " + shown(value));
  }
  if (value.as_integer() > longest_wait_seconds) return runtime("Wait state delay is too long.");
  return now_ms + value.as_integer() * 1000;
}

Result<int64_t> due_time(const WaitState::Timestamp& wait, Data&, Evaluation&, int64_t) {
  return wait.moment_ms;
}

Result<int64_t> due_time(const WaitState::TimestampPath& wait, Data& input, Evaluation& evaluation,
                         int64_t) {
  PD_TRY(value, referenced(wait.path, "TimestampPath", input, evaluation));
  const auto moment =
      value.is(Kind::string) ? parse_iso8601(value.as_string()) : std::optional<int64_t>();
  if (moment) return *moment;
  return runtime(
      "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
      "format string: " +
      wait.path.text() + " == " + shown(value));
}

Result<int64_t> due_time(const WaitState::SecondsQuery& wait, Data&, Evaluation& evaluation,
                         int64_t now_ms) {
  PD_TRY(value, queried(evaluation, wait.query, Kind::integer, "number"));
  if (value.as_integer() < 0) {
    evaluation.failed_at = wait.query.field();
    return query_error("The Seconds field has a negative value: " + shown(value));
  }
  if (value.as_integer() > longest_wait_seconds) return runtime("Wait state delay is too long.");
  return now_ms + value.as_integer() * 1000;
}

Result<int64_t> due_time(const WaitState::TimestampQuery& wait, Data&, Evaluation& evaluation,
                         int64_t) {
  PD_TRY(value, queried(evaluation, wait.query, Kind::string, "string"));
  if (const auto moment = parse_iso8601(value.as_string())) return *moment;
  evaluation.failed_at = wait.query.field();
  return query_error(
      "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format "
      "string: " +
      shown(value));
}

}  // namespace

void enter(const WaitState& wait, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto input = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (!input) return run.fail(frame, input.error(), frame.entered_event);
  const int64_t now_ms = run.now_ms();
  const auto due = std::visit(
      [&](const auto& until) { return due_time(until, *input, evaluation, now_ms); }, wait.until);
  if (!due) return run.fail(frame, due.error(), frame.entered_event);
  if (*due - now_ms > longest_wait_seconds * 1000) {
    return run.fail(frame, runtime("Wait state delay is too long."), frame.entered_event);
  }
  // A moment in the past still goes through a timer: one path to test, and the same history.
  run.note(Entry(EntryType::TimerArmed, frame.id).set(Field::due_ms, *due));
}

void wake(const Frame& frame, Run& run) {
  const auto exit = pass_through(frame, run.evaluation(frame));
  if (!exit) return run.fail(frame, exit.error(), frame.entered_event);
  run.leave(frame, *exit, frame.state->common.next, frame.entered_event);
}

}  // namespace perdure::asl
