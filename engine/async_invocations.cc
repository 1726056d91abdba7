#include "engine/async_invocations.h"

#include <array>
#include <utility>

#include "base/log.h"
#include "engine/journal/varint.h"

namespace perdure::engine {
namespace {

constexpr uint8_t row_version = 1;
// A function that failed is tried again after one minute and after two (AWS: Lambda, "How Lambda
// handles errors and retries with asynchronous invocation").
constexpr std::array<int64_t, 2> retry_pauses_ms = {60'000, 120'000};
// One that could not be run is tried for six hours, after waits from one second to five minutes.
constexpr int64_t longest_refused_ms = 6 * 3'600'000;
constexpr int64_t longest_pause_ms = 300'000;

int64_t pause_after(int64_t refusals) {
  return std::min(longest_pause_ms, int64_t{1'000} << std::min<int64_t>(refusals, 9));
}

// Requests of the same id are the same invocation: a schedule's firing that is repeated after a
// crash finds it there.
ActorKey key_of(const AsyncInvocation& invocation) {
  const Tenant& tenant = invocation.tenant;
  return actor_key("invocation/" + tenant.account + "/" + tenant.region + "/" +
                   invocation.request_id);
}

}  // namespace

AsyncInvocations::AsyncInvocations(const Clock& clock, Runner& runner, Committer& committer,
                                   Timers& timers, Store& store,
                                   std::function<std::string()> new_id)
    : clock_(clock),
      runner_(runner),
      committer_(committer),
      timers_(timers),
      store_(store),
      new_id_(std::move(new_id)) {}

std::string AsyncInvocations::encode_first(const Pending& pending) {
  const AsyncInvocation& invocation = pending.invocation;
  std::string out(1, static_cast<char>(row_version));
  for (const std::string* text :
       {&invocation.tenant.account, &invocation.tenant.region, &invocation.function,
        &invocation.payload, &invocation.request_id, &invocation.trace_header}) {
    journal::put_text(out, *text);
  }
  journal::put_signed(out, pending.created_ms);
  return out;
}

std::string AsyncInvocations::encode_attempt(const Pending& pending) {
  std::string out(1, static_cast<char>(row_version));
  journal::put_signed(out, pending.invocation.attempt);
  journal::put_signed(out, pending.refusals);
  return out;
}

// The first row has the request, the last one how often it has been tried.
Result<std::optional<AsyncInvocations::Pending>> AsyncInvocations::load(const ActorKey& key) {
  PD_TRY(rows, store_.load_journal(key, 1, INT64_MAX));
  if (rows.empty()) return std::optional<Pending>();
  Pending pending;
  AsyncInvocation& invocation = pending.invocation;
  journal::ByteReader first(rows.front().data);
  const bool known = first.byte() == row_version;
  for (std::string* text :
       {&invocation.tenant.account, &invocation.tenant.region, &invocation.function,
        &invocation.payload, &invocation.request_id, &invocation.trace_header}) {
    *text = first.text();
  }
  pending.created_ms = first.signed_varint();
  if (!known || !first.ok()) return internal_error("The row of an invocation cannot be read.");
  if (rows.size() > 1) {
    journal::ByteReader last(rows.back().data);
    last.byte();
    invocation.attempt = last.signed_varint();
    pending.refusals = last.signed_varint();
  }
  pending.next_sequence = rows.back().sequence + 1;
  return std::optional(std::move(pending));
}

void AsyncInvocations::invoke_async(AsyncInvocation invocation,
                                    std::function<void(Result<std::string>)> done) {
  if (committer_.disk_full()) {
    return done(Error{ErrorKind::unavailable, "ServiceException", "The disk is full."});
  }
  if (invocation.request_id.empty()) invocation.request_id = new_id_();
  Pending pending;
  pending.created_ms = clock_.now_ms();
  pending.invocation = std::move(invocation);
  const ActorKey key = key_of(pending.invocation);
  Append append;
  append.actor = key;
  append.kind = ActorKind::invocation;
  append.create = true;
  append.row = JournalRow{1, encode_first(pending)};
  append.due_ms = pending.created_ms;
  committer_.submit(std::move(append), {}, runner_,
                    [this, key, pending = std::move(pending), done = std::move(done)](
                        Outcome outcome, std::vector<int64_t>) mutable {
                      done(pending.invocation.request_id);
                      if (outcome == Outcome::committed) run(key, std::move(pending));
                    });
}

// A timer may have been set before the last attempt ended, and what it is about may have ended too.
void AsyncInvocations::fire(const ActorDue& due) {
  if (due.due_ms > clock_.now_ms() || running_.contains(due.actor)) return;
  const auto next = due_.find(due.actor);
  if (next != due_.end() && next->second > clock_.now_ms()) return;
  auto pending = load(due.actor);
  if (!pending) return log_error("An invocation cannot be tried: {}", pending.error().cause);
  if (*pending) run(due.actor, std::move(**pending));
}

void AsyncInvocations::run(const ActorKey& key, Pending pending) {
  if (!running_.insert(key).second) return;
  due_.erase(key);
  if (invoker_ == nullptr) {
    return ended(key, std::move(pending),
                 Error{ErrorKind::unsupported, "ServiceException", "Functions do not run here."});
  }
  const AsyncInvocation invocation = pending.invocation;
  invoker_->invoke(invocation, [this, key, pending = std::move(pending)](Result<bool> result) {
    runner_.post([this, key, pending, result] { ended(key, pending, result); });
  });
}

void AsyncInvocations::ended(const ActorKey& key, Pending pending, const Result<bool>& result) {
  const int64_t now = clock_.now_ms();
  const auto& invocation = pending.invocation;
  if (result && *result) return finish(key);
  if (result) {
    const auto attempt = static_cast<size_t>(pending.invocation.attempt++);
    if (attempt < retry_pauses_ms.size()) {
      return try_later(key, std::move(pending), now + retry_pauses_ms[attempt]);
    }
    log_warning("The invocation {} of {} has failed.", invocation.request_id, invocation.function);
    return finish(key);
  }
  const bool gone = result.error().kind == ErrorKind::not_found;
  if (!gone && now - pending.created_ms < longest_refused_ms) {
    const int64_t pause = pause_after(pending.refusals++);
    return try_later(key, std::move(pending), now + pause);
  }
  log_warning("The invocation {} of {} is given up: {}", invocation.request_id, invocation.function,
              result.error().cause);
  finish(key);
}

void AsyncInvocations::try_later(const ActorKey& key, Pending pending, int64_t due_ms) {
  Append append;
  append.actor = key;
  append.kind = ActorKind::invocation;
  append.row = JournalRow{pending.next_sequence, encode_attempt(pending)};
  append.due_ms = due_ms;
  committer_.submit(std::move(append), {}, runner_,
                    [this, key, due_ms](Outcome, std::vector<int64_t>) {
                      running_.erase(key);
                      due_[key] = due_ms;
                      timers_.armed({key, ActorKind::invocation, due_ms});
                    });
}

void AsyncInvocations::finish(const ActorKey& key) {
  Append append;
  append.actor = key;
  append.kind = ActorKind::invocation;
  append.remove = true;
  committer_.submit(std::move(append), {}, runner_,
                    [this, key](Outcome, std::vector<int64_t>) { running_.erase(key); });
}

}  // namespace perdure::engine
