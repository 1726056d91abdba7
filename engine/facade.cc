#include "engine/facade.h"

#include <algorithm>
#include <utility>

#include "asl/value/value.h"
#include "base/hash.h"
#include "base/ids.h"
#include "engine/access.h"
#include "engine/host.h"
#include "engine/journal/page_reader.h"
#include "engine/map_runs/child_list.h"
#include "engine/redrive.h"
#include "engine/start_order.h"
#include "engine/tokens.h"

namespace perdure::engine {
namespace {

Error no_execution(const std::string& arn) {
  return Error{ErrorKind::not_found, "ExecutionDoesNotExist",
               "Execution Does Not Exist: '" + arn + "'"};
}

AdmissionLimits admission_limits(const EngineLimits& limits) {
  AdmissionLimits admission;
  admission.target_ms = limits.start_target_ms;
  admission.largest_window = limits.max_starting;
  return admission;
}

// Of "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME" the first so many parts.
std::string_view first_parts(std::string_view arn, int count) {
  size_t end = 0;
  for (; end < arn.size(); ++end) {
    if (arn[end] == ':' && --count == 0) break;
  }
  return arn.substr(0, end);
}

// The state machine, without the version or alias.
std::string_view flow_of(std::string_view machine_arn) { return first_parts(machine_arn, 7); }

std::string_view account_of(std::string_view machine_arn) {
  const std::string_view with_account = first_parts(machine_arn, 5);
  return with_account.substr(with_account.rfind(':') + 1);
}

}  // namespace

Facade::Facade(Core& core)
    : core_(core),
      machines_(
          core.committer, core.parts.clock, [this] { return new_id(); },
          core.parts.load_definition),
      admission_(admission_limits(core.parts.limits)) {
  core.machines = &machines_;
}

Result<> Facade::load() { return machines_.load(core_.parts.store); }

std::string Facade::new_id() {
  const std::lock_guard lock(random_mutex_);
  return make_timed_uuid(core_.parts.random, core_.now_ms());
}

// New work is refused while the disk is full or too much is on its way; results, timers, callbacks,
// stops and reads never are.
Result<> Facade::may_start() const {
  const EngineLimits& limits = core_.parts.limits;
  if (!open_ || core_.committer.disk_full()) {
    return Error{ErrorKind::unavailable, "ServiceUnavailable",
                 open_ ? "The disk is full." : "The server is starting or stopping."};
  }
  if (core_.committer.delay_ms() > limits.queue_delay_ms || core_.memory_is_short()) {
    return refuse();
  }
  return {};
}

Error Facade::refuse() const {
  ++throttled_;
  return Error{ErrorKind::throttled, "ThrottlingException", "Rate exceeded"};
}

// Admits the start and makes `done` give its place back, once it is acknowledged or has failed.
// `waits`: somebody waits for its end, so if it is EXPRESS it is synchronous.
Result<StartOrder> Facade::take_in(StartRequest request, bool waits, Callback<Started>& done) {
  PD_CHECK(may_start());
  const int64_t now_ms = core_.now_ms();
  const int64_t arrived_ms = request.arrived_ms > 0 ? request.arrived_ms : now_ms;
  const std::string_view machine = request.state_machine_arn;
  const auto ticket = admission_.admit(account_of(machine), flow_of(machine), arrived_ms, now_ms);
  if (!ticket) return refuse();
  auto order = order_for(std::move(request));
  if (!order) {
    admission_.withdraw(*ticket, now_ms);
    return order;
  }
  const bool synchronous = waits && order->identity.type == asl::MachineType::express;
  const auto kind = synchronous ? Admission::Kind::synchronous : Admission::Kind::durable;
  ++starting_;
  done = [this, ticket = *ticket, kind, done = std::move(done)](Result<Started> started) {
    --starting_;
    if (started) {
      admission_.finish(ticket, kind, core_.now_ms());
    } else {
      admission_.withdraw(ticket, core_.now_ms());
    }
    if (done) done(std::move(started));
  };
  return order;
}

Result<StartOrder> Facade::order_for(StartRequest request) {
  PD_CHECK(check_own(request.tenant, account_principal(request.tenant), "states:StartExecution",
                     request.state_machine_arn));
  return start_order(machines_, std::move(request),
                     {[this] { return new_id(); },
                      [this] {
                        const std::lock_guard lock(random_mutex_);
                        return core_.parts.random.next();
                      }});
}

void Facade::start_execution(StartRequest request, Callback<Started> done) {
  auto order = take_in(std::move(request), false, done);
  if (!order) return done(order.error());
  const ActorKey key = actor_key(order->identity.arn);
  core_.post(key, mail::Start{std::move(*order), false, std::move(done), nullptr});
}

void Facade::start_sync_execution(StartRequest request, Callback<Closed> done) {
  Callback<Started> started;
  auto order = take_in(std::move(request), true, started);
  if (!order) return done(order.error());
  if (order->identity.type != asl::MachineType::express) {
    Error wrong_type = invalid("StateMachineTypeNotSupported",
                               "This operation is not supported by this type of state machine");
    started(wrong_type);
    return done(std::move(wrong_type));
  }
  const ActorKey key = actor_key(order->identity.arn);
  core_.post(key, mail::Start{std::move(*order), true, std::move(started), std::move(done)});
}

void Facade::start_and_wait(StartRequest request, Callback<Closed> done) {
  Callback<Started> started;
  auto order = take_in(std::move(request), true, started);
  if (!order) return done(order.error());
  const bool express = order->identity.type == asl::MachineType::express;
  const ActorKey key = actor_key(order->identity.arn);
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

void Facade::redrive_execution(RedriveRequest request, Callback<int64_t> done) {
  if (!open_ || core_.committer.disk_full()) return done(may_start().error());
  const ActorKey key = actor_key(request.execution_arn);
  core_.post(key, mail::Redrive{std::move(request), std::move(done)});
}

void Facade::task_succeeded(Tenant caller, std::string token, std::string output,
                            Callback<bool> done) {
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
             mail::TokenAnswer{std::move(caller), *attempt,
                               asl::input::AttemptCompleted{attempt->scheduled, compact},
                               std::move(done)});
}

void Facade::task_failed(Tenant caller, std::string token, std::optional<std::string> error,
                         std::optional<std::string> cause, Callback<bool> done) {
  const auto attempt = verify_token(token, core_.token_secret);
  if (!attempt) return done(invalid_token());
  core_.post(attempt->execution,
             mail::TokenAnswer{
                 std::move(caller), *attempt,
                 asl::input::AttemptFailed{attempt->scheduled, std::move(error), std::move(cause)},
                 std::move(done)});
}

void Facade::task_heartbeat(Tenant caller, std::string token, Callback<bool> done) {
  const auto attempt = verify_token(token, core_.token_secret);
  if (!attempt) return done(invalid_token());
  core_.post(attempt->execution, mail::Heartbeat{std::move(caller), *attempt, std::move(done)});
}

// Of the journal, only the first event and, of a closed one, the last are read.
Result<ExecutionView> Facade::describe_execution(const std::string& execution_arn) {
  PD_TRY(record, core_.parts.store.find_execution(actor_key(execution_arn)));
  if (!record) return no_execution(execution_arn);
  journal::PageReader reader(core_.parts.store, core_.parts.blobs, actor_key(execution_arn));
  PD_TRY(first, reader.events(1, 1));
  if (first.empty()) return internal_error("The journal of the execution is empty.");
  const asl::Entry& started = first.front();
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
  identity.version_arn = started.text(asl::Field::version_arn);
  identity.alias_arn = started.text(asl::Field::alias_arn);
  view.trace_header = started.text(asl::Field::trace_header);
  PD_TRY(last_event, reader.last_event());
  const auto machine = machines_.find(identity.machine_arn);
  view.not_redrivable = not_redrivable(view.record, last_event, core_.parts.limits.execution,
                                       core_.now_ms(), machine && machine->deleting());
  if (view.record.stop_ms == 0) return view;
  if (!view.record.map_run_arn.empty()) {
    const auto run = read_map_run(core_.parts.store, view.record.map_run_arn);
    if (run) show_pending_redrive(*run, view.record);
  }
  PD_TRY(ended, reader.events(last_event, last_event));
  if (ended.empty()) return internal_error("The journal of the execution has no end.");
  const asl::Entry& last = ended.front();
  view.output = last.payload(asl::Field::output);
  if (last.has(asl::Field::error)) view.error = last.text(asl::Field::error);
  if (last.has(asl::Field::cause)) view.cause = last.text(asl::Field::cause);
  return view;
}

Result<std::vector<ExecutionRecord>> Facade::list_executions(const ExecutionFilter& filter,
                                                             const ExecutionPosition& after,
                                                             int64_t limit) {
  Store& store = core_.parts.store;
  if (filter.map_run_arn.empty()) return store.list_executions(filter, after, limit);
  PD_TRY(run, read_map_run(store, filter.map_run_arn));
  return list_map_children(store, run, filter, after, limit);
}

Result<int64_t> Facade::item_count(const std::string& child_arn) {
  journal::PageReader reader(core_.parts.store, core_.parts.blobs, actor_key(child_arn));
  PD_TRY(first, reader.events(1, 1));
  return first.empty() ? 0 : first.front().number(asl::Field::item_count);
}

Result<HistoryPage> Facade::history(const std::string& execution_arn, int64_t after_event,
                                    bool reverse, int64_t limit) {
  PD_TRY(record, core_.parts.store.find_execution(actor_key(execution_arn)));
  if (!record) return no_execution(execution_arn);
  journal::PageReader reader(core_.parts.store, core_.parts.blobs, actor_key(execution_arn));
  PD_TRY(count, reader.last_event());
  // Ids are dense from 1.
  asl::EventId first = after_event + 1, last = count;
  if (reverse) {
    first = 1;
    last = after_event > 0 ? std::min(after_event - 1, count) : count;
  }
  HistoryPage page;
  page.more = last - first + 1 > limit;
  if (page.more) (reverse ? first : last) = reverse ? last - limit + 1 : first + limit - 1;
  PD_TRY(events, reader.events(first, last));
  page.events = std::move(events);
  if (reverse) std::reverse(page.events.begin(), page.events.end());
  return page;
}

// Only a redrive changes it.
Result<std::string> Facade::definition_hash(const std::string& execution_arn) {
  PD_TRY(record, core_.parts.store.find_execution(actor_key(execution_arn)));
  if (!record) return no_execution(execution_arn);
  journal::PageReader reader(core_.parts.store, core_.parts.blobs, actor_key(execution_arn));
  PD_TRY(last_event, reader.last_event());
  PD_TRY(events, reader.events(1, record->redrive_count > 0 ? last_event : 1));
  std::string hash;
  for (const asl::Entry& entry : events) {
    if (entry.has(asl::Field::definition)) hash = entry.text(asl::Field::definition);
  }
  return hash;
}

Result<MapRunView> Facade::describe_map_run(const std::string& arn) {
  return read_map_run(core_.parts.store, arn);
}

// They are found in the history of the execution, a page of events at a time.
Result<MapRunPage> Facade::list_map_runs(const std::string& execution_arn, int64_t before_event,
                                         int64_t limit) {
  constexpr int64_t events_a_page = 1'000;
  MapRunPage page;
  for (bool more = true; more;) {
    PD_TRY(events, history(execution_arn, before_event, true, events_a_page));
    more = events.more;
    for (const asl::Entry& event : events.events) {
      before_event = event.id;
      if (event.type != asl::EntryType::MapRunStarted) continue;
      if (static_cast<int64_t>(page.runs.size()) == limit) {
        page.more = true;
        return page;
      }
      auto view = read_map_run(core_.parts.store, std::string(event.text(asl::Field::map_run_arn)));
      // One that is about to begin is not there yet.
      if (!view && view.error().kind == ErrorKind::not_found) continue;
      if (!view) return view.error();
      page.runs.push_back(std::move(*view));
      page.event = event.id;
    }
  }
  return page;
}

void Facade::update_map_run(std::string arn, MapRunUpdate update, Callback<bool> done) {
  if (const auto view = read_map_run(core_.parts.store, arn); !view) return done(view.error());
  core_.post(actor_key(arn),
             mail::UpdateMapRun{update.max_concurrency, update.tolerated_failure_count,
                                update.tolerated_failure_percentage, std::move(done)});
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
