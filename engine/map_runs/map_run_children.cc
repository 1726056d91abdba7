// A map run's children: when they are started, what their end means.
#include <utility>

#include "base/log.h"
#include "engine/host.h"
#include "engine/map_runs/live_map_run.h"
#include "engine/map_runs/results.h"

namespace perdure::engine {
namespace {

constexpr int64_t most_express_bytes = 32 << 20;  // inputs of EXPRESS children under way

constexpr const char* exceeded_text = "The specified tolerated failure threshold was exceeded";

}  // namespace

ExecutionRecord MapRunHost::Live::record() const {
  const MapRunOrder& order = run->order();
  ExecutionRecord record;
  record.key = key;
  record.tenant = order.tenant;
  record.arn = order.arn;
  record.machine_arn = order.arn.substr(0, order.arn.rfind(':'));
  record.name = order.arn.substr(order.arn.rfind(':') + 1);
  record.status = status_name(run->status());
  record.start_ms = run->started_ms();
  record.stop_ms = run->stopped_ms();
  record.redrive_count = run->redrive_count();
  record.redrive_ms = run->redriven_ms();
  return record;
}

void MapRunHost::handle(Live& live, Fed& fed, Turn& turn) {
  live.feeding = false;
  if (!live.run || live.run->closed() || live.run->stopping()) return;
  if (!fed.feed) return stop(live, false, fed.feed.error(), turn);
  if (live.run->pin() != fed.pin) {
    turn.note(live, map_note::Pinned{fed.pin});
    turn.blobs = std::move(fed.blobs);
  }
  for (map_note::Marked& mark : fed.feed->marks) turn.note(live, std::move(mark));
  for (FedChild& child : fed.feed->children) {
    live.ready_bytes += static_cast<int64_t>(child.input.size());
    live.ready.push_back(std::move(child));
  }
  live.fed_all = fed.feed->end;
  if (fed.feed->end && !live.run->all_known()) {
    turn.note(live, map_note::AllRead{fed.feed->read});
  }
}

// Those that ran when the process ended are run again from the same items.
void MapRunHost::handle(Live& live, Rebuilt& rebuilt, Turn& turn) {
  live.rebuilding = false;
  live.again = std::move(rebuilt.feed);
  if (!live.run || live.run->closed()) return;
  if (!rebuilt.children) {
    if (!live.run->stopping()) stop(live, false, rebuilt.children.error(), turn);
    return;
  }
  if (live.run->stopping()) return;
  for (auto& [index, child] : *rebuilt.children) {
    const bool wanted = live.run->running().contains(index) && !live.express.contains(index);
    if (wanted) start_express(live, index, std::move(child), turn);
  }
}

void MapRunHost::handle(Live& live, ChildClosed& ended, Turn& turn) {
  if (const auto child = live.express.extract(ended.index)) live.express_bytes -= child.mapped();
  if (!live.run) return;
  const bool described = live.run->settings().form == ResultForm::none;
  end_child(live,
            {ended.index, static_cast<int64_t>(child_status(ended.closed.status)),
             map_child_result(ended.closed, described)},
            turn);
}

// One that has been counted already changes nothing.
void MapRunHost::end_child(Live& live, map_note::ChildEnded ended, Turn& turn) {
  if (live.run->closed() || !live.run->running().contains(ended.index)) return;
  turn.bytes += static_cast<int64_t>(ended.result.size());
  if (core_.is(Mutant::map_child_counted_twice)) turn.note(live, ended);
  turn.note(live, std::move(ended));
}

// A run that stops does not wait for EXPRESS children that no process runs any more.
void MapRunHost::end_lost(Live& live, Turn& turn) {
  if (!live.run->settings().express) return;
  std::vector<int64_t> lost;
  for (const auto& [index, child] : live.run->running()) {
    if (!live.express.contains(index)) lost.push_back(index);
  }
  for (const int64_t index : lost) end_lost(live, index, turn);
}

void MapRunHost::end_lost(Live& live, int64_t index, Turn& turn) {
  const MapRunOrder& order = live.run->order();
  Closed closed;
  closed.execution_arn = map_child_arn(order, true, index);
  closed.name = map_child_name(order, index);
  closed.state_machine_arn = state_machine_arn(order.tenant, map_run_machine(order));
  closed.status = asl::ExecutionStatus::aborted;
  closed.start_ms = closed.stop_ms = core_.now_ms();
  end_child(live,
            {index, static_cast<int64_t>(ChildStatus::aborted), map_child_result(closed, true)},
            turn);
}

void MapRunHost::decide(Live& live, Turn& turn) {
  const MapRun& run = *live.run;
  if (run.closed()) return;
  if (!run.stopping() && run.exceeded()) {
    stop(live, false, {ErrorKind::runtime, "States.ExceedToleratedFailureThreshold", exceeded_text},
         turn);
  }
  if (run.stopping()) {
    live.ready.clear();
    live.ready_bytes = 0;
    return end_lost(live, turn);
  }
  while (!run.awaiting_redrive().empty() && may_start(live, turn)) {
    redrive_child(live, run.awaiting_redrive().first(), turn);
  }
  while (!live.ready.empty() && may_start(live, turn)) {
    FedChild child = std::move(live.ready.front());
    live.ready.pop_front();
    live.ready_bytes -= static_cast<int64_t>(child.input.size());
    start_child(live, std::move(child), turn);
  }
  turn.more = turn.full() && !(live.ready.empty() && run.awaiting_redrive().empty());
}

bool MapRunHost::may_start(const Live& live, const Turn& turn) const {
  if (turn.full()) return false;
  const int64_t most = core_.parts.limits.distributed_map_concurrency;
  const int64_t asked = live.run->max_concurrency();
  const auto running = static_cast<int64_t>(live.run->running().size());
  return running < (asked > 0 ? std::min(asked, most) : most) &&
         live.express_bytes < most_express_bytes;
}

StartOrder MapRunHost::child_order(const MapRun& run, int64_t index, std::string input) const {
  const MapRunOrder& from = run.order();
  const bool express = run.settings().express;
  StartOrder order;
  order.tenant = from.tenant;
  order.input = std::move(input);
  order.trace_header = from.trace_header;
  order.identity.name = map_child_name(from, index);
  order.identity.arn = map_child_arn(from, express, index);
  order.identity.machine_name = map_run_machine(from);
  order.identity.machine_arn = state_machine_arn(from.tenant, order.identity.machine_name);
  order.identity.role_arn = from.role_arn;
  order.identity.definition_hash =
      nested_definition_hash(from.definition_hash, run.settings().state);
  order.identity.type = express ? asl::MachineType::express : asl::MachineType::standard;
  return order;
}

void MapRunHost::start_child(Live& live, FedChild child, Turn& turn) {
  const int64_t index = live.run->next_index();
  turn.bytes += static_cast<int64_t>(child.input.size());
  turn.note(live, map_note::ChildStarted{child.items});
  if (live.run->settings().express) return start_express(live, index, std::move(child), turn);
  message::StartMapChild start;
  start.order = child_order(*live.run, index, std::move(child.input));
  start.order.parent = live.key;
  start.order.parent_event = index;
  start.map_run_arn = live.run->order().arn;
  start.items = child.items;
  start.described = live.run->settings().form == ResultForm::none;
  const ActorKey key = actor_key(start.order.identity.arn);
  turn.sends.push_back({0, key, encode_message(start)});
}

// One of type STANDARD goes on where it failed. One of type EXPRESS is begun again from its items,
// as after a restart.
void MapRunHost::redrive_child(Live& live, int64_t index, Turn& turn) {
  turn.note(live, map_note::ChildRedriven{index});
  if (live.run->settings().express) return;
  const ActorKey key = actor_key(map_child_arn(live.run->order(), false, index));
  turn.sends.push_back({0, key, encode_message(message::RedriveMapChild{live.key, index})});
}

// Nothing of it is durable but its end, which is the map run's to write.
void MapRunHost::start_express(Live& live, int64_t index, FedChild child, Turn& turn) {
  const auto bytes = static_cast<int64_t>(child.input.size());
  live.express[index] = bytes;
  live.express_bytes += bytes;
  auto order = std::make_shared<StartOrder>(child_order(*live.run, index, std::move(child.input)));
  turn.after.push_back([this, key = live.key, index, order] {
    const ActorKey child_key = actor_key(order->identity.arn);
    auto closed = [this, key, index](Result<Closed> result) {
      // Nobody waits any more when the server stops: the child is run again then.
      if (result) later(key, ChildClosed{index, std::move(*result)});
    };
    core_.post(child_key, mail::Start{std::move(*order), true, nullptr, std::move(closed)});
  });
}

void MapRunHost::stop(Live& live, bool aborted, Error error, Turn& turn) {
  turn.note(live, map_note::Stopping{aborted, std::move(error.name), std::move(error.cause)});
  const bool express = live.run->settings().express;
  for (const auto& [index, child] : live.run->running()) {
    const ActorKey key = actor_key(map_child_arn(live.run->order(), express, index));
    if (!express) {
      turn.sends.push_back({0, key, encode_message(message::StopChild{})});
    } else if (live.express.contains(index)) {
      turn.after.push_back([this, key] { core_.post(key, mail::Stop{}); });
    }
  }
}

void MapRunHost::handle(Live& live, Finished& finished, Turn& turn) {
  live.finishing = false;
  if (live.run && !live.run->closed()) close(live, std::move(finished.output), turn);
}

// The run has ended with this result; whoever waits for it hears of it, unless it stopped the run.
void MapRunHost::close(Live& live, Result<std::string> output, Turn& turn) {
  const MapRunOrder& order = live.run->order();
  map_note::Closed closed;
  closed.now_ms = core_.now_ms();
  message::MapRunEnded ended{order.frame, live.run->started_event(), false, {}, {}, {}};
  if (const auto& stopping = live.run->stopping()) {
    if (!stopping->aborted) closed.error = stopping->error, closed.cause = stopping->cause;
  } else if (!output) {
    closed.error = output.error().name;
    closed.cause = output.error().cause;
  } else {
    ended.succeeded = true;
    ended.output = std::move(*output);
    closed.children_written = live.run->children().started();
    closed.items_written = live.run->items().started();
  }
  ended.error = closed.error;
  ended.cause = closed.cause;
  const bool told = !live.run->stopping() || !live.run->stopping()->aborted;
  if (told) {
    turn.sends.push_back({0, actor_key(order.execution_arn), encode_message(ended)});
  }
  turn.shown = true;
  turn.note(live, std::move(closed));
  if (!live.run->closed()) reopened(live);
}

}  // namespace perdure::engine
