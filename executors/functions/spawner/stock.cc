#include "executors/functions/spawner/stock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "executors/functions/sandbox/late_bind.h"
#include "executors/functions/spawner/order_file.h"

namespace perdure::executors::spawn {
namespace {

constexpr int64_t refill_pause_ms = 30;  // the worker that took a cell starts first
constexpr int64_t failure_pause_ms = 500;
constexpr int64_t longest_pause_ms = 60'000;

// What a zygote says: that it is ready (0), has loaded everything (2), or how it fared with an
// order (1).
struct ZygoteWord {
  int32_t kind = 0;
  int32_t shepherd = 0;  // a process id, or an errno below 0
};

// The folders that a function has besides what its cell has.
std::vector<SeenFolder> missing_folders(const Spawn& order, const Keep& kind) {
  std::vector<SeenFolder> missing;
  for (const SeenFolder& folder : order.sandbox.folders) {
    if (std::ranges::find(kind.sandbox.folders, folder) == kind.sandbox.folders.end()) {
      missing.push_back(folder);
    }
  }
  return missing;
}

// Its walls are up: its shepherd has said that it runs.
bool is_standing(const Cell& cell) {
  if (cell.shepherd.pid <= 0) return false;
  pollfd said{.fd = cell.shepherd.report.get(), .events = POLLIN, .revents = 0};
  return poll(&said, 1, 0) == 1 && (said.revents & POLLIN) != 0;
}

// Never another sandbox than the one ordered.
bool same_walls(SandboxOrder ordered, const SandboxOrder& kept) {
  ordered.folders = kept.folders;
  return ordered == kept;
}

}  // namespace

void Stock::keep(const Keep& order) {
  if (ended_) return;
  Kept& kept = kept_[order.key];
  bool other = kept.order.argv != order.argv || kept.order.env != order.env ||
               kept.order.limits != order.limits || kept.order.kind != order.kind ||
               kept.order.sandbox != order.sandbox || kept.order.from != order.from;
  if (other || order.count == 0) drop(kept);
  if (order.count == 0) {
    kept_.erase(order.key);
    return;
  }
  kept.order = order;
  kept.failures = 0;
  while (kept.cells.size() > order.count) lost_cell(kept, kept.cells.back().group);
  refill(kept);
}

Stock::Kept* Stock::find(const std::string& key, uint8_t kind) {
  if (key.empty()) return nullptr;
  auto found = kept_.find(key);
  return found == kept_.end() || found->second.order.kind != kind ? nullptr : &found->second;
}

// ---- refilling, in the background

void Stock::refill_after(Kept& kept, int64_t delay_ms) {
  if (kept.timer != 0 || ended_) return;
  kept.timer = reactor_.after(delay_ms, [this, key = kept.order.key] {
    auto found = kept_.find(key);
    if (found == kept_.end()) return;
    found->second.timer = 0;
    refill(found->second);
  });
}

// One at a time: many together would only be ready later.
void Stock::refill(Kept& kept) {
  if (kept.order.kind == Keep::zygote) {
    if (!kept.zygote) start_zygote(kept);
    return;
  }
  if (kept.cells.size() >= kept.order.count) return;
  if (!kept.order.from.empty()) {
    const Kept* source = find(kept.order.from, Keep::zygote);
    // Then it calls. What is forked before has to load the rest itself, each cell anew.
    if (!source || !source->zygote || !source->zygote->loaded) return;
  }
  start_cell(kept);
  if (kept.cells.size() < kept.order.count) refill_after(kept, refill_pause_ms);
}

void Stock::start_zygote(Kept& kept) {
  auto started = start_zygote_process(kept.order.argv, kept.order.env);
  if (!started) {
    log_error("no zygote for {}: {}", kept.order.key, started.error().cause);
    ++kept.failures;
    return refill_after(kept, longest_pause_ms);
  }
  Zygote& zygote = kept.zygote.emplace();
  zygote.process = std::move(*started);
  auto watch = [this, key = kept.order.key](uint32_t) { on_zygote(key); };
  reactor_.watch(zygote.process.control.get(), Reactor::readable, watch);
}

void Stock::start_cell(Kept& kept) {
  auto cell = handlers_.start_cell(kept.order);
  if (!cell) {
    log_error("no cell for {}: {}", kept.order.key, cell.error().cause);
    ++kept.failures;
    return refill_after(kept, longest_pause_ms);
  }
  if (cell->shepherd.exit) watch_cell(kept.order.key, *cell);
  kept.cells.push_back(std::move(*cell));
}

void Stock::watch_cell(const std::string& key, const Cell& cell) {
  auto ended = [this, key, group = cell.group](uint32_t) {
    if (Kept* of = find(key, Keep::cells)) {
      ++of->failures;  // nobody has asked it for anything
      lost_cell(*of, group);
    }
  };
  reactor_.watch(cell.shepherd.exit.get(), Reactor::readable, ended);
}

// ---- cells

std::optional<Cell> Stock::take_cell(const Spawn& order,
                                     const std::function<Result<sandbox::Plan>()>& walls) {
  Kept* kept = find(order.from, Keep::cells);
  if (!kept || !same_walls(order.sandbox, kept->order.sandbox)) return std::nullopt;
  const auto oldest = std::ranges::find_if(kept->cells, is_standing);
  if (oldest == kept->cells.end()) return std::nullopt;
  Cell cell = std::move(*oldest);
  kept->cells.erase(oldest);
  kept->failures = 0;
  reactor_.forget(cell.shepherd.exit.get());
  refill_after(*kept, refill_pause_ms);
  const Result<> told = tell(cell, kept->order, order, walls);
  cell.shepherd.wake.reset();
  if (told) return cell;
  log_error("a cell of {}: {}", order.from, told.error().cause);
  end(cell);
  return std::nullopt;
}

Result<> Stock::tell(Cell& cell, const Keep& kind, const Spawn& order,
                     const std::function<Result<sandbox::Plan>()>& walls) {
  Spawn late_order = order;
  late_order.limits.clear();  // it has them already
  sandbox::Plan late;
  if (kind.sandbox.level >= static_cast<uint8_t>(sandbox::Level::b)) {
    PD_CHECK(sandbox::bind_late(cell.shepherd.pid, missing_folders(order, kind)));
  } else if (walls_follow(kind)) {
    PD_TRY(made, walls());
    late = std::move(made);
  }
  const std::string text = kind.from.empty() ? encode(order) : order_text(late_order, late);
  if (write(cell.shepherd.wake.get(), text.data(), text.size()) !=
      static_cast<ssize_t>(text.size())) {
    return internal_error("it does not take the order");
  }
  return {};
}

// One that its zygote has not told of yet ends when it does: nobody asks for it then.
void Stock::end(Cell& cell) {
  if (cell.shepherd.pid <= 0) return;
  kill(cell.shepherd.pid, SIGTERM);
  waitpid(cell.shepherd.pid, nullptr, 0);
  handlers_.ended_cell(cell);
}

void Stock::lost_cell(Kept& kept, const std::string& group) {
  auto found = std::ranges::find(kept.cells, group, &Cell::group);
  if (found == kept.cells.end()) return;
  if (found->shepherd.exit) reactor_.forget(found->shepherd.exit.get());
  end(*found);
  kept.cells.erase(found);
  refill_after_failure(kept);
}

// Longer and longer where it happens again and again.
void Stock::refill_after_failure(Kept& kept) {
  if (kept.order.kind == Keep::cells && kept.cells.size() >= kept.order.count) return;
  refill_after(kept,
               std::min(failure_pause_ms << std::min<int64_t>(kept.failures, 7), longest_pause_ms));
}

// ---- zygotes

// Of the key itself, or the one that cells of this key are forked by.
Stock::Zygote* Stock::ready_zygote(const std::string& key) {
  const Kept* cells = find(key, Keep::cells);
  Kept* kept = find(cells ? cells->order.from : key, Keep::zygote);
  return kept && kept->zygote && kept->zygote->ready ? &*kept->zygote : nullptr;
}

std::optional<Shepherd> Stock::ask(Zygote& zygote, const Spawn& order, const sandbox::Plan& plan,
                                   Waits waits) {
  auto pipes = make_pipes(waits);
  Descriptor file = file_with(order_text(order, plan));
  if (!pipes || !file) return std::nullopt;
  std::vector<int> files = {file.get(), pipes->worker[0].get(), pipes->worker[1].get(),
                            pipes->report.get()};
  if (waits == Waits::yes) files.push_back(pipes->wake.get());
  const std::string_view namespaces(reinterpret_cast<const char*>(&plan.namespaces),
                                    sizeof plan.namespaces);
  if (!send_files(zygote.process.control.get(), namespaces, files)) return std::nullopt;
  zygote.asked.push_back({order, waits == Waits::yes});
  return std::move(pipes->ours);
}

std::optional<Shepherd> Stock::fork(const Spawn& order, const sandbox::Plan& plan) {
  Zygote* zygote = ready_zygote(order.from);
  return zygote ? ask(*zygote, order, plan, Waits::no) : std::nullopt;
}

Result<Shepherd> Stock::fork_cell(const Spawn& order, const sandbox::Plan& plan) {
  Zygote* zygote = ready_zygote(order.from);
  auto cell = zygote ? ask(*zygote, order, plan, Waits::yes) : std::nullopt;
  if (!cell) return internal_error("its zygote does not take the order");
  return std::move(*cell);
}

void Stock::on_zygote(const std::string& key) {
  Kept* kept = find(key, Keep::zygote);
  if (!kept || !kept->zygote) return;
  Zygote& zygote = *kept->zygote;
  ZygoteWord word;
  ssize_t got = recv(zygote.process.control.get(), &word, sizeof word, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != static_cast<ssize_t>(sizeof word)) return lost_zygote(*kept);
  if (word.kind == 0) {
    zygote.ready = true;
    return;
  }
  if (word.kind == 2) return loaded(key);
  if (zygote.asked.empty()) return lost_zygote(*kept);
  kept->failures = 0;
  const Asked asked = std::move(zygote.asked.front());
  zygote.asked.pop_front();
  if (word.shepherd > 0) return answered(asked, word.shepherd);
  answered(asked, system_error("fork", "a worker", -word.shepherd));
}

void Stock::loaded(const std::string& zygote) {
  find(zygote, Keep::zygote)->zygote->loaded = true;
  for (auto& [key, kept] : kept_) {
    if (kept.order.from == zygote) refill(kept);
  }
}

void Stock::answered(const Asked& asked, Result<int> shepherd) {
  if (!asked.cell) return handlers_.forked(asked.order, std::move(shepherd));
  cell_forked(asked.order.worker, std::move(shepherd));
}

void Stock::cell_forked(const std::string& group, Result<int> shepherd) {
  for (auto& [key, kept] : kept_) {
    const auto found = std::ranges::find(kept.cells, group, &Cell::group);
    if (found == kept.cells.end()) continue;
    if (shepherd && watch_shepherd(found->shepherd, *shepherd)) return watch_cell(key, *found);
    if (!shepherd) log_error("no cell for {}: {}", key, shepherd.error().cause);
    kept.cells.erase(found);
    ++kept.failures;
    refill_after_failure(kept);
    break;
  }
  // Nobody wants it (any more).
  Cell unwanted{.shepherd = {}, .group = group};
  unwanted.shepherd.pid = shepherd ? *shepherd : 0;
  if (unwanted.shepherd.pid > 0) return end(unwanted);
  handlers_.ended_cell(unwanted);
}

void Stock::lost_zygote(Kept& kept) {
  Zygote zygote = std::move(*kept.zygote);
  kept.zygote.reset();
  reactor_.forget(zygote.process.control.get());
  kill(zygote.process.pid, SIGKILL);
  waitpid(zygote.process.pid, nullptr, 0);
  if (!ended_) log_warning("the zygote of {} ended and is replaced", kept.order.key);
  refill_after_failure(kept);
  ++kept.failures;
  for (const Asked& asked : zygote.asked) answered(asked, internal_error("the zygote ended"));
}

// ---- the rest

bool Stock::forking() const {
  return std::any_of(kept_.begin(), kept_.end(), [](const auto& each) {
    return each.second.zygote && !each.second.zygote->asked.empty();
  });
}

std::vector<int> Stock::processes() const {
  std::vector<int> found;
  for (const auto& [key, kept] : kept_) {
    if (kept.zygote) found.push_back(kept.zygote->process.pid);
    for (const Cell& cell : kept.cells) {
      if (cell.shepherd.pid > 0) found.push_back(cell.shepherd.pid);
    }
  }
  return found;
}

void Stock::drop(Kept& kept) {
  kept.order.count = 0;
  reactor_.cancel(std::exchange(kept.timer, 0));
  if (kept.zygote) lost_zygote(kept);
  while (!kept.cells.empty()) lost_cell(kept, kept.cells.front().group);
  reactor_.cancel(std::exchange(kept.timer, 0));
}

void Stock::end() {
  ended_ = true;
  for (auto& [key, kept] : kept_) drop(kept);
  kept_.clear();
}

}  // namespace perdure::executors::spawn
