#include "engine/facade.h"

#include <future>
#include <utility>

#include "asl/value/value.h"
#include "base/hash.h"
#include "base/ids.h"
#include "engine/host.h"
#include "engine/journal/codec.h"
#include "engine/tokens.h"

namespace perdure::engine {
namespace {

Error no_execution(const std::string& arn) {
  return Error{ErrorKind::not_found, "ExecutionDoesNotExist",
               "Execution Does Not Exist: '" + arn + "'"};
}

Error invalid_token() { return invalid("InvalidToken", "Invalid Token: 'Invalid token'"); }

}  // namespace

Facade::Facade(Core& core)
    : core_(core), machines_(core.committer, core.parts.clock, [this] { return new_id(); }) {
  core.machines = &machines_;
}

Result<> Facade::load() { return machines_.load(core_.parts.store); }

std::string Facade::new_id() {
  const std::lock_guard lock(random_mutex_);
  return make_uuid(core_.parts.random);
}

// New work is refused while the disk is full or too much is on its way; results, timers and
// callbacks never are.
Result<> Facade::may_start() const {
  const EngineLimits& limits = core_.parts.limits;
  if (!open_ || core_.committer.disk_full()) {
    return Error{ErrorKind::unavailable, "ServiceUnavailable",
                 open_ ? "The disk is full." : "The server is starting or stopping."};
  }
  if (core_.committer.delay_ms() > limits.queue_delay_ms ||
      core_.live_bytes > limits.max_live_bytes || starting_ >= limits.max_starting) {
    return Error{ErrorKind::throttled, "ThrottlingException", "Rate exceeded"};
  }
  return {};
}

// Counts a start until it is durable or refused.
Callback<Started> Facade::counted(Callback<Started> done) {
  ++starting_;
  return [this, done = std::move(done)](Result<Started> started) {
    --starting_;
    if (done) done(std::move(started));
  };
}

Result<StartOrder> Facade::order_for(StartRequest request) {
  PD_CHECK(may_start());
  const auto machine = machines_.find(request.state_machine_arn);
  if (!machine) {
    return Error{ErrorKind::not_found, "StateMachineDoesNotExist",
                 "State Machine Does Not Exist: '" + request.state_machine_arn + "'"};
  }
  StartOrder order;
  order.tenant = machine->tenant;
  order.input = std::move(request.input);
  order.trace_header = std::move(request.trace_header);
  auto& identity = order.identity;
  identity.name = request.name.empty() ? new_id() : std::move(request.name);
  identity.machine_arn = machine->arn;
  identity.machine_name = machine->name;
  identity.role_arn = machine->role_arn;
  identity.definition_hash = machine->definition_hash;
  identity.type = machine->type;
  identity.arn = machine->type == asl::MachineType::express
                     ? express_arn(machine->tenant, machine->name, identity.name, new_id())
                     : execution_arn(machine->tenant, machine->name, identity.name);
  return order;
}

void Facade::start_execution(StartRequest request, Callback<Started> done) {
  auto order = order_for(std::move(request));
  if (!order) return done(order.error());
  const ActorKey key = actor_key(order->identity.arn);
  core_.post(key, mail::Start{std::move(*order), false, counted(std::move(done)), nullptr});
}

void Facade::start_sync_execution(StartRequest request, Callback<Closed> done) {
  auto order = order_for(std::move(request));
  if (!order) return done(order.error());
  if (order->identity.type != asl::MachineType::express) {
    return done(invalid("StateMachineTypeNotSupported",
                        "This operation is not supported by this type of state machine"));
  }
  const ActorKey key = actor_key(order->identity.arn);
  core_.post(key, mail::Start{std::move(*order), true, nullptr, std::move(done)});
}

void Facade::start_and_wait(StartRequest request, Callback<Closed> done) {
  auto order = order_for(std::move(request));
  if (!order) return done(order.error());
  const bool express = order->identity.type == asl::MachineType::express;
  const ActorKey key = actor_key(order->identity.arn);
  Callback<Started> started;
  if (!express) started = counted(nullptr);
  core_.post(key, mail::Start{std::move(*order), express, std::move(started), std::move(done)});
}

void Facade::wait_closed(std::string execution_arn, Callback<Closed> done) {
  const ActorKey key = actor_key(execution_arn);
  Host& host = core_.host_of(key);
  host.post([&host, key, arn = std::move(execution_arn), done = std::move(done)]() mutable {
    host.wait_closed(key, arn, std::move(done));
  });
}

void Facade::stop_execution(std::string execution_arn, std::optional<std::string> error,
                            std::optional<std::string> cause, Callback<int64_t> done) {
  const ActorKey key = actor_key(execution_arn);
  auto named = [arn = std::move(execution_arn), done = std::move(done)](Result<int64_t> stopped) {
    const bool unknown = !stopped && stopped.error().name == "ExecutionDoesNotExist";
    done(unknown ? Result<int64_t>(no_execution(arn)) : std::move(stopped));
  };
  core_.post(key, mail::Stop{std::move(error), std::move(cause), std::move(named)});
}

void Facade::task_succeeded(std::string token, std::string output, Callback<bool> done) {
  const auto attempt = verify_token(token, core_.token_secret);
  if (!attempt) return done(invalid_token());
  asl::Arena arena;
  const auto parsed = asl::parse_json(output, arena);
  if (!parsed) {
    return done(invalid(
        "InvalidOutput",
        "Invalid Output: '" + std::string(asl::without_location(parsed.error().cause)) + "'"));
  }
  asl::Payload compact(asl::to_json(*parsed));
  core_.post(attempt->execution,
             mail::TokenAnswer{attempt->scheduled,
                               asl::input::AttemptCompleted{attempt->scheduled, compact},
                               std::move(done)});
}

void Facade::task_failed(std::string token, std::optional<std::string> error,
                         std::optional<std::string> cause, Callback<bool> done) {
  const auto attempt = verify_token(token, core_.token_secret);
  if (!attempt) return done(invalid_token());
  core_.post(attempt->execution,
             mail::TokenAnswer{
                 attempt->scheduled,
                 asl::input::AttemptFailed{attempt->scheduled, std::move(error), std::move(cause)},
                 std::move(done)});
}

void Facade::task_heartbeat(std::string token, Callback<bool> done) {
  const auto attempt = verify_token(token, core_.token_secret);
  if (!attempt) return done(invalid_token());
  core_.post(attempt->execution, mail::Heartbeat{attempt->scheduled, std::move(done)});
}

// Readers replay from the store: what they see is committed.
Result<std::vector<asl::Entry>> Facade::entries_of(const std::string& execution_arn) {
  const ActorKey key = actor_key(execution_arn);
  journal::Decoder decoder(core_.parts.blobs);
  std::vector<asl::Entry> entries;
  PD_TRY(rows, core_.parts.store.load_journal(key, 1, INT64_MAX));
  for (const JournalRow& row : rows) {
    PD_TRY(more, decoder.decode(row.data));
    std::move(more.begin(), more.end(), std::back_inserter(entries));
  }
  return entries;
}

Result<ExecutionView> Facade::describe_execution(const std::string& execution_arn) {
  PD_TRY(record, core_.parts.store.find_execution(actor_key(execution_arn)));
  if (!record) return no_execution(execution_arn);
  PD_TRY(entries, entries_of(execution_arn));
  if (entries.empty()) return internal_error("The journal of the execution is empty.");
  const asl::Entry& started = entries.front();
  const asl::Entry& last = entries.back();
  ExecutionView view;
  view.record = std::move(*record);
  auto& identity = view.identity;
  identity.arn = started.text(asl::Field::arn);
  identity.name = started.text(asl::Field::execution_name);
  identity.machine_arn = started.text(asl::Field::machine_arn);
  identity.machine_name = started.text(asl::Field::machine_name);
  identity.role_arn = started.text(asl::Field::role_arn);
  identity.definition_hash = started.text(asl::Field::definition);
  identity.type = static_cast<asl::MachineType>(started.number(asl::Field::type));
  view.input = started.payload(asl::Field::input);
  view.trace_header = started.text(asl::Field::trace_header);
  if (view.record.stop_ms == 0) return view;
  view.output = last.payload(asl::Field::output);
  if (last.has(asl::Field::error)) view.error = last.text(asl::Field::error);
  if (last.has(asl::Field::cause)) view.cause = last.text(asl::Field::cause);
  return view;
}

Result<std::vector<ExecutionRecord>> Facade::list_executions(const ExecutionFilter& filter,
                                                             const ExecutionPosition& after,
                                                             int64_t limit) {
  return core_.parts.store.list_executions(filter, after, limit);
}

Result<HistoryPage> Facade::history(const std::string& execution_arn, int64_t after_event,
                                    bool reverse, int64_t limit) {
  PD_TRY(record, core_.parts.store.find_execution(actor_key(execution_arn)));
  if (!record) return no_execution(execution_arn);
  PD_TRY(entries, entries_of(execution_arn));
  std::erase_if(entries, [](const asl::Entry& entry) { return !asl::is_event(entry.type); });
  const auto count = static_cast<int64_t>(entries.size());
  HistoryPage page;
  // Ids are dense from 1, so that the event with an id stands at that place less one.
  int64_t next = reverse ? (after_event > 0 ? after_event - 1 : count) : after_event + 1;
  const int64_t step = reverse ? -1 : 1;
  for (; next >= 1 && next <= count; next += step) {
    if (static_cast<int64_t>(page.events.size()) == limit) {
      page.more = true;
      break;
    }
    page.events.push_back(std::move(entries[static_cast<size_t>(next - 1)]));
  }
  return page;
}

Result<std::string> Facade::definition_text(const std::string& definition_hash) {
  auto text = machines_.definition_text(definition_hash);
  if (!text) return internal_error("The definition " + definition_hash + " is not known.");
  return std::move(*text);
}

std::vector<Engine::Quarantined> Facade::quarantined() {
  std::vector<Quarantined> listed;
  for (const auto& host : core_.hosts) {
    for (const auto& [key, reason] : host->quarantined()) {
      const auto record = core_.parts.store.find_execution(key);
      const bool known = record && *record;
      listed.push_back({known ? (*record)->arn : hex(key.bytes), reason});
    }
  }
  return listed;
}

}  // namespace perdure::engine
