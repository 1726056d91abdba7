#include "engine/async_invocations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "engine/invocation_record.h"
#include "engine/journal/varint.h"

namespace perdure::engine {
namespace {

constexpr uint8_t row_version = 1;
// A function that failed is tried again after one minute and after two (AWS: Lambda, "How Lambda
// handles errors and retries with asynchronous invocation").
constexpr std::array<int64_t, 2> retry_pauses_ms = {60'000, 120'000};
// One that could not be run is tried after waits from one second to five minutes.
constexpr int64_t longest_pause_ms = 300'000;
// A record that cannot be delivered is tried so long.
constexpr int64_t longest_delivery_ms = 6 * 3'600'000;
constexpr size_t max_payload_bytes = 1 << 20;  // of an asynchronous invocation

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

bool may_pass(const Error& error) {
  return error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable ||
         error.kind == ErrorKind::internal;
}

void tell_no_service(const AsyncInvocation& invocation, std::string_view what,
                     const std::string& arn) {
  log_warning("{} of the invocation {} of {} is due at {}, which this server has not: dropped.",
              what, invocation.request_id, invocation.function, arn);
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

void AsyncInvocations::add_destination(std::string service, DeliverRecord deliver) {
  destinations_[std::move(service)] = std::move(deliver);
}

// ---- rows

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
  if (const auto& delivery = pending.delivery) {
    for (const std::string* text :
         {&delivery->function_arn, &delivery->destination, &delivery->record}) {
      journal::put_text(out, *text);
    }
    journal::put_signed(out, delivery->ended_ms);
  }
  return out;
}

// The first row has the request, the last one how often it has been tried, or what is to be
// delivered.
Result<std::optional<AsyncInvocations::Pending>> AsyncInvocations::load(const ActorKey& key) {
  PD_TRY(rows, store_.load_journal(key, 1, INT64_MAX));
  if (rows.empty()) return std::optional<Pending>();
  Pending pending;
  AsyncInvocation& invocation = pending.invocation;
  journal::ByteReader first(rows.front().data);
  bool known = first.byte() == row_version;
  for (std::string* text :
       {&invocation.tenant.account, &invocation.tenant.region, &invocation.function,
        &invocation.payload, &invocation.request_id, &invocation.trace_header}) {
    *text = first.text();
  }
  pending.created_ms = first.signed_varint();
  known = known && first.ok();
  if (rows.size() > 1) {
    journal::ByteReader last(rows.back().data);
    last.byte();
    invocation.attempt = last.signed_varint();
    pending.refusals = last.signed_varint();
    if (!last.at_end()) {
      InvocationDelivery delivery{.tenant = invocation.tenant,
                                  .function_arn = std::string(last.text()),
                                  .request_id = invocation.request_id,
                                  .destination = std::string(last.text())};
      delivery.record = last.text();
      delivery.ended_ms = last.signed_varint();
      pending.delivery = std::move(delivery);
    }
    known = known && last.ok();
  }
  if (!known) return internal_error("The row of an invocation cannot be read.");
  pending.next_sequence = rows.back().sequence + 1;
  return std::optional(std::move(pending));
}

// ---- the way of an invocation

void AsyncInvocations::invoke_async(AsyncInvocation invocation,
                                    std::function<void(Result<std::string>)> done) {
  if (committer_.disk_full()) {
    return done(Error{ErrorKind::unavailable, "ServiceException", "The disk is full."});
  }
  if (invocation.request_id.empty()) invocation.request_id = new_id_();
  std::string id = invocation.request_id;
  create({.invocation = std::move(invocation), .created_ms = clock_.now_ms()},
         [id = std::move(id), done = std::move(done)](Outcome) { done(id); });
}

// A conflict says that it is there already.
void AsyncInvocations::create(Pending pending, std::function<void(Outcome)> done) {
  const ActorKey key = key_of(pending.invocation);
  Append append;
  append.actor = key;
  append.kind = ActorKind::invocation;
  append.create = true;
  append.row = JournalRow{1, encode_first(pending)};
  append.due_ms = pending.created_ms;
  committer_.submit(std::move(append), {}, runner_,
                    [this, key, pending = std::move(pending), done = std::move(done)](
                        Outcome outcome, const std::vector<int64_t>&) mutable {
                      done(outcome);
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
  if (pending.delivery) return deliver(key, std::move(pending));
  const InvocationPolicy policy = policy_of(pending);
  if (policy.stopped) return conclude(key, std::move(pending), condition::stopped, nullptr);
  if (clock_.now_ms() - pending.created_ms >= policy.max_age_ms) {
    return conclude(key, std::move(pending), condition::too_old, nullptr);
  }
  attempt(key, std::move(pending));
}

void AsyncInvocations::attempt(const ActorKey& key, Pending pending) {
  if (invoker_ == nullptr) {
    return ended(key, std::move(pending),
                 Error{ErrorKind::unavailable, "ServiceException", "Functions do not run here."});
  }
  const AsyncInvocation invocation = pending.invocation;
  invoker_->invoke(invocation, [this, key, pending = std::move(pending)](Attempt result) mutable {
    runner_.post([this, key, pending = std::move(pending), result = std::move(result)]() mutable {
      ended(key, std::move(pending), result);
    });
  });
}

void AsyncInvocations::ended(const ActorKey& key, Pending pending, const Attempt& result) {
  if (!result) return refused(key, std::move(pending), result.error());
  ++pending.invocation.attempt;
  if (result->failed) return failed(key, std::move(pending), *result);
  conclude(key, std::move(pending), condition::success, &*result);
}

// A retry for which it would be too old is none.
void AsyncInvocations::failed(const ActorKey& key, Pending pending,
                              const InvocationAttempt& attempt) {
  const InvocationPolicy policy = policy_of(pending);
  const auto retry = static_cast<size_t>(pending.invocation.attempt - 1);
  if (retry >= retry_pauses_ms.size() || pending.invocation.attempt > policy.max_retries) {
    return conclude(key, std::move(pending), condition::retries_exhausted, &attempt);
  }
  const int64_t due = clock_.now_ms() + retry_pauses_ms[retry];
  if (due - pending.created_ms >= policy.max_age_ms) {
    return conclude(key, std::move(pending), condition::too_old, &attempt);
  }
  try_later(key, pending, due);
}

void AsyncInvocations::refused(const ActorKey& key, Pending pending, const Error& error) {
  if (!may_pass(error)) {
    log_warning("The invocation {} of {} is given up: {}", pending.invocation.request_id,
                pending.invocation.function, error.cause);
    return finish(key);
  }
  const int64_t due = clock_.now_ms() + pause_after(pending.refusals++);
  // At the end of its time it is not tried, but given up.
  try_later(key, pending, std::min(due, pending.created_ms + policy_of(pending).max_age_ms));
}

InvocationPolicy AsyncInvocations::policy_of(const Pending& pending) const {
  return invoker_ == nullptr ? InvocationPolicy{} : invoker_->policy(pending.invocation);
}

// Where somebody is to be told, the record is durable before anything of it is sent.
void AsyncInvocations::conclude(const ActorKey& key, Pending pending, std::string_view condition,
                                const InvocationAttempt* last) {
  const InvocationPolicy policy = policy_of(pending);
  const AsyncInvocation& invocation = pending.invocation;
  const bool success = condition == condition::success;
  if (!success) {
    log_warning("The invocation {} of {} is given up: {}.", invocation.request_id,
                invocation.function, condition);
    if (!policy.dead_letter.empty()) tell_no_service(invocation, "The event", policy.dead_letter);
  }
  const std::string& to = success ? policy.on_success : policy.on_failure;
  if (to.empty()) return finish(key);
  if (!delivers_to(to)) {
    tell_no_service(invocation, "The record", to);
    return finish(key);
  }
  const int64_t now = clock_.now_ms();
  pending.refusals = 0;
  pending.delivery =
      InvocationDelivery{invocation.tenant,
                         policy.function_arn,
                         invocation.request_id,
                         to,
                         now,
                         invocation_record(invocation, policy.function_arn, condition, last, now)};
  write(key, pending, now, [this, key, pending]() mutable {
    ++pending.next_sequence;
    deliver(key, std::move(pending));
  });
}

// ---- records

bool AsyncInvocations::delivers_to(const std::string& arn) const {
  const std::string service = parse_arn(arn).service;
  return service == "lambda" || destinations_.contains(service);
}

void AsyncInvocations::deliver(const ActorKey& key, Pending pending) {
  const InvocationDelivery delivery = *pending.delivery;
  const std::string service = parse_arn(delivery.destination).service;
  if (service == "lambda") return invoke_with_record(key, pending);
  const auto found = destinations_.find(service);
  if (found == destinations_.end()) {
    tell_no_service(pending.invocation, "The record", delivery.destination);
    return finish(key);
  }
  found->second(delivery, [this, key, pending = std::move(pending)](const Result<>& result) {
    runner_.post([this, key, pending, result] { delivered(key, pending, result); });
  });
}

// The destination's invocation is submitted right before this one's end: no commit has the end
// without it, and none forgets it before the end. So the record is passed on once.
void AsyncInvocations::invoke_with_record(const ActorKey& key, const Pending& pending) {
  const InvocationDelivery& delivery = *pending.delivery;
  if (delivery.record.size() > max_payload_bytes) {
    log_warning("The record of the invocation {} is too large for {}: dropped.",
                delivery.request_id, delivery.destination);
    return finish(key);
  }
  Pending next;
  next.created_ms = clock_.now_ms();
  next.invocation.tenant = delivery.tenant;
  next.invocation.function = delivery.destination;
  next.invocation.payload = delivery.record;
  next.invocation.request_id = uuid_of(sha256("record " + delivery.request_id));
  next.invocation.trace_header = pending.invocation.trace_header;
  create(std::move(next), [](Outcome) {});
  finish(key);
}

void AsyncInvocations::delivered(const ActorKey& key, Pending pending, const Result<>& result) {
  if (result) return finish(key);
  const int64_t now = clock_.now_ms();
  if (may_pass(result.error()) && now - pending.delivery->ended_ms < longest_delivery_ms) {
    const int64_t pause = pause_after(pending.refusals++);
    return try_later(key, pending, now + pause);
  }
  log_warning("The record of the invocation {} cannot be delivered to {}: {}",
              pending.invocation.request_id, pending.delivery->destination, result.error().cause);
  finish(key);
}

// ---- writes

void AsyncInvocations::write(const ActorKey& key, const Pending& pending, int64_t due_ms,
                             std::function<void()> done) {
  Append append;
  append.actor = key;
  append.kind = ActorKind::invocation;
  append.row = JournalRow{pending.next_sequence, encode_attempt(pending)};
  append.due_ms = due_ms;
  committer_.submit(std::move(append), {}, runner_,
                    [done = std::move(done)](Outcome, const std::vector<int64_t>&) { done(); });
}

void AsyncInvocations::try_later(const ActorKey& key, const Pending& pending, int64_t due_ms) {
  write(key, pending, due_ms, [this, key, due_ms] {
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
