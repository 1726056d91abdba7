// What happens when a schedule's time has come.
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/schedules/occurrence.h"
#include "engine/schedules/scheduler.h"
#include "engine/schedules/target.h"

namespace perdure::engine {
namespace {

constexpr int64_t longest_pause_s = 60;

// Waits double from a second on.
int64_t pause_ms(int64_t attempt) {
  return 1'000 * std::min<int64_t>(longest_pause_s, int64_t{1} << std::min<int64_t>(attempt, 10));
}

bool worth_retrying(const Error& error) {
  return error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable ||
         error.kind == ErrorKind::internal;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// A firing that was missed, or that its target has refused for good.
void give_up(const Schedule& schedule, int64_t time_ms, const std::string& why) {
  log_warning("The schedule {} has not fired at {}: {}", schedule.arn, iso8601_ms(time_ms), why);
  const auto letters = schedule.target.given.find("DeadLetterConfig");
  if (letters == schedule.target.given.end() || !letters->contains("Arn")) return;
  log_warning("Its event is due at {}, which this server has not: dropped.",
              letters->at("Arn").get<std::string>());
}

}  // namespace

std::string firing_name(std::string_view schedule_arn, int64_t revision, int64_t time_ms) {
  const std::string what =
      std::string(schedule_arn) + " " + std::to_string(revision) + " " + std::to_string(time_ms);
  Sha256 digest = sha256(what);
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0f) | 0x80);  // version 8: made of anything
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3f) | 0x80);
  std::string text = hex(digest).substr(0, 32);
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, "-");
  return text;
}

std::string filled_in_input(const Schedule& schedule, int64_t time_ms,
                            std::string_view execution_id, int64_t attempt) {
  std::string input = schedule.target.input;
  replace_all(input, "<aws.scheduler.schedule-arn>", schedule.arn);
  replace_all(input, "<aws.scheduler.scheduled-time>", schedule_time(time_ms));
  replace_all(input, "<aws.scheduler.execution-id>", execution_id);
  replace_all(input, "<aws.scheduler.attempt-number>", std::to_string(attempt + 1));
  return input;
}

std::optional<int64_t> Scheduler::next_of(const Schedule& schedule, int64_t after_ms) {
  const auto expression = parse_schedule_expression(schedule.expression);
  if (!expression || !is_timezone(schedule.timezone)) return std::nullopt;
  const ScheduleBounds bounds{schedule.created_ms, schedule.start_ms, schedule.end_ms};
  return next_occurrence(*expression, after_ms, schedule.timezone, bounds);
}

// Time zone data may have changed since the row was written: then only the next time counts.
void Scheduler::fire(const ActorDue& due) {
  const auto schedule = known(due.actor);
  const int64_t now = parts_.clock.now_ms();
  if (!schedule || !schedule->enabled || due.due_ms > now) return;
  if (!firing_.insert(due.actor).second) return;
  if (next_of(*schedule, due.due_ms - 1) != due.due_ms) return go_on(*schedule, now);
  // Of several that were missed, the newest one is fired.
  int64_t newest = due.due_ms;
  while (const auto next = next_of(*schedule, newest)) {
    if (*next > now) break;
    newest = *next;
  }
  if (now - newest > schedule->target.max_event_age_s * 1'000) {
    give_up(*schedule, newest, "it was too late");
    return go_on(*schedule, now);
  }
  attempt({due.actor, schedule->revision, newest, 0});
}

void Scheduler::attempt(const Firing& firing) {
  const auto schedule = known(firing.key);
  if (!schedule || !schedule->enabled || schedule->revision != firing.revision) {
    firing_.erase(firing.key);
    return;
  }
  start(*schedule, firing);
}

void Scheduler::start(const Schedule& schedule, const Firing& firing) {
  const auto done = [this, firing](const Result<>& outcome) {
    parts_.runner.post([this, firing, outcome] { settle(firing, outcome); });
  };
  const bool renamed = parts_.mutant == Mutant::firing_renamed;
  const std::string id =
      firing_name(schedule.arn, firing.revision, renamed ? parts_.clock.now_ms() : firing.time_ms);
  const std::string input = filled_in_input(schedule, firing.time_ms, id, firing.attempt);
  auto call = target_call(schedule, input, id, firing.time_ms);
  if (!call) return done(call.error());
  if (auto* invocation = std::get_if<AsyncInvocation>(&*call)) {
    return parts_.invocations.invoke_async(std::move(*invocation), [done](Result<std::string> r) {
      done(r ? Result<>() : Result<>(r.error()));
    });
  }
  // A name that is taken: this firing was begun before a crash.
  parts_.engine.start_execution(
      std::get<StartRequest>(std::move(*call)), [done](Result<Started> started) {
        const bool begun = started || started.error().name == "ExecutionAlreadyExists";
        done(begun ? Result<>() : Result<>(started.error()));
      });
}

void Scheduler::settle(const Firing& firing, const Result<>& outcome) {
  const auto schedule = known(firing.key);
  if (!schedule || schedule->revision != firing.revision) {
    firing_.erase(firing.key);
    return;
  }
  const int64_t now = parts_.clock.now_ms();
  if (!outcome && worth_retrying(outcome.error()) &&
      firing.attempt < schedule->target.max_retry_attempts) {
    const int64_t again = now + pause_ms(firing.attempt);
    // The next time makes this one a missed one.
    const auto next = next_of(*schedule, firing.time_ms);
    const bool too_old = again - firing.time_ms > schedule->target.max_event_age_s * 1'000;
    if (!too_old && (!next || again < *next)) {
      Firing retry = firing;
      ++retry.attempt;
      return parts_.runner.run_at(again, [this, retry] { attempt(retry); });
    }
  }
  if (!outcome) give_up(*schedule, firing.time_ms, outcome.error().cause);
  go_on(*schedule, firing.time_ms);
}

// The row moves on to the next time; a schedule that has none left has completed.
void Scheduler::go_on(const Schedule& schedule, int64_t after_ms) {
  const ActorKey key = actor_key(schedule.arn);
  std::optional<int64_t> next;
  if (schedule.enabled) next = next_of(schedule, after_ms);
  if (!next && schedule.enabled && schedule.delete_after_completion) {
    firing_.erase(key);
    return remove(schedule.tenant, schedule.group, schedule.name, [](Result<bool>) {});
  }
  Append append;
  append.actor = key;
  append.kind = ActorKind::schedule;
  append.due_ms = next;
  const auto moved = [this, key, next, revision = schedule.revision](Outcome,
                                                                     std::vector<int64_t>) {
    firing_.erase(key);
    const auto now = known(key);
    // Changed while this was on its way: the row follows the schedule as it is now.
    if (now && now->revision != revision) {
      firing_.insert(key);
      return go_on(*now, now->modified_ms - 1);
    }
    if (next) parts_.timers.armed({key, ActorKind::schedule, *next});
  };
  parts_.committer.submit(std::move(append), {}, parts_.runner, moved);
}

}  // namespace perdure::engine
