// What a map run does on the runner that may block: read items, read results back.
#include <utility>

#include "engine/host.h"
#include "engine/map_runs/live_map_run.h"
#include "engine/map_runs/result_writer.h"
#include "engine/map_runs/results.h"

namespace perdure::engine {
namespace {

// Children are read ahead of their start up to about so many.
constexpr size_t ready_children = 1'000;
constexpr int64_t ready_bytes = 1 << 20;
// Of those that are run again after a restart, in one go.
constexpr int64_t rebuilt_bytes = 4 << 20;

}  // namespace

Runner& MapRunHost::blocking() const {
  return core_.parts.blocking != nullptr ? *core_.parts.blocking : core_.parts.timers;
}

// Nothing is on its way to the disk and no mail waits: what comes next?
void MapRunHost::go_on(Live& live) {
  const MapRun& run = *live.run;
  const bool lost = run.settings().express && run.running().size() > live.express.size();
  if (lost && !run.stopping() && !live.rebuilding) rebuild(live);
  const bool wants_more = !run.stopping() && !live.fed_all && live.ready.size() < ready_children &&
                          live.ready_bytes < ready_bytes;
  if (wants_more && !live.feeding) feed(live);
  const bool all_started = live.fed_all && live.ready.empty() && run.awaiting_redrive().empty();
  const bool done = run.stopping() || all_started;
  if (done && run.running().empty() && !live.feeding && !live.finishing) finish(live);
}

FeedParts MapRunHost::feed_parts(const MapRun& run) {
  return {run.shared_order(),
          run.shared_settings(),
          core_.machines->parsed(run.order().definition_hash),
          core_.parts.clock,
          core_.parts.limits.execution.max_payload_bytes,
          random_.next()};
}

void MapRunHost::feed(Live& live) {
  live.feeding = true;
  if (live.feed) {
    blocking().post([this, key = live.key, feed = live.feed] {
      auto fed = feed->next(ready_children, ready_bytes);
      later(key, Fed{std::move(fed), feed->pin(), feed->blobs()});
    });
    return;
  }
  const int64_t item = live.run->next_item();
  blocking().post([this, key = live.key, parts = feed_parts(*live.run), pin = live.run->pin(), item,
                   mark = live.run->mark_before(item)] {
    Fed fed{Feed{}, pin, {}};
    auto opened =
        parts.machine
            ? ItemFeed::open(parts, core_.open_items, pin)
            : Result<std::unique_ptr<ItemFeed>>(internal_error("The definition is not known."));
    std::shared_ptr<ItemFeed> feed;
    if (opened) {
      feed = std::move(*opened);
      const auto there = feed->go_to(mark, item);
      fed.feed = there ? feed->next(ready_children, ready_bytes) : Result<Feed>(there.error());
      fed.pin = feed->pin();
      fed.blobs = feed->blobs();
    } else {
      fed.feed = opened.error();
    }
    runner_.post([this, key, feed, shared = std::make_shared<Fed>(std::move(fed))] {
      const auto found = runs_.find(key);
      if (found == runs_.end()) return;
      found->second->feed = feed;
      put(key, std::move(*shared));
    });
  });
}

// The inputs of EXPRESS children that ran when the process ended, or are redriven, made again from
// their items. Those come in order: mostly the feed goes on where it stands.
void MapRunHost::rebuild(Live& live) {
  live.rebuilding = true;
  std::map<int64_t, MapChild> lost;
  for (const auto& [index, child] : live.run->running()) {
    if (!live.express.contains(index)) lost.emplace(index, child);
  }
  const int64_t first = lost.begin()->second.first_item;
  std::shared_ptr<ItemFeed> feed = std::exchange(live.again, nullptr);
  if (feed && feed->next_item() > first) feed.reset();
  blocking().post([this, key = live.key, parts = feed_parts(*live.run), pin = live.run->pin(),
                   mark = live.run->mark_before(first), lost = std::move(lost), feed]() mutable {
    const auto make = [&]() -> Result<std::map<int64_t, FedChild>> {
      std::map<int64_t, FedChild> made;
      if (!parts.machine) return internal_error("The definition is not known.");
      if (!feed) {
        PD_TRY(opened, ItemFeed::open(parts, core_.open_items, pin));
        feed = std::move(opened);
        PD_CHECK(feed->go_to(mark, mark.item));
      }
      int64_t bytes = 0;
      for (const auto& [index, child] : lost) {
        if (bytes > rebuilt_bytes) break;
        PD_CHECK(feed->skip_to(child.first_item));
        PD_TRY(input, feed->again(child.items));
        bytes += static_cast<int64_t>(input.size());
        made.emplace(index, FedChild{std::move(input), child.items});
      }
      return made;
    };
    auto made = make();
    if (!made) feed.reset();
    later(key, Rebuilt{std::move(made), std::move(feed)});
  });
}

void MapRunHost::finish(Live& live) {
  live.finishing = true;
  const bool saved = !live.run->settings().writer_arguments.empty();
  if (live.run->stopping() && !saved) return later(live.key, Finished{std::string()});
  blocking().post([this, key = live.key, saved, run = std::make_shared<const MapRun>(*live.run),
                   parts = feed_parts(*live.run)] {
    Store& store = core_.parts.store;
    if (!saved) {
      return later(key, Finished{inline_results(store, key, *run, parts.max_input_bytes)});
    }
    later(key, Finished{write_results({store, core_.objects, core_.open_items, parts}, key, *run)});
  });
}

}  // namespace perdure::engine
