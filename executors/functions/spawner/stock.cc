#include "executors/functions/spawner/stock.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "executors/functions/sandbox/late_bind.h"
#include "executors/functions/sandbox/level.h"

namespace perdure::executors::spawn {
namespace {

constexpr int64_t refill_pause_ms = 30;  // the worker that took a cell starts first
constexpr int64_t failure_pause_ms = 500;
constexpr int64_t longest_pause_ms = 60'000;

// What a zygote says: that it is ready (0), or how it fared with an order.
struct ZygoteWord {
  int32_t kind = 0;
  int32_t shepherd = 0;  // a process id, or an errno below 0
};

// A file in memory with the text, to be read from its start.
Descriptor file_with(const std::string& text) {
  Descriptor file(memfd_create("order", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0) {
    return {};
  }
  return file;
}

// What a zygote's children read: the order, and the two parts of its sandbox, each with its length.
std::string order_file(const Spawn& order, const sandbox::Plan& plan) {
  std::string text = encode(order);
  for (const auto* part : {&plan.house, &plan.worker}) {
    const std::string json = to_json(*part);
    const auto size = static_cast<uint32_t>(json.size());
    for (int i = 0; i < 4; ++i) text += static_cast<char>(size >> (8 * i));
    text += json;
  }
  return text;
}

bool send_files(int socket, uint64_t namespaces, const std::vector<int>& files) {
  iovec data{&namespaces, sizeof namespaces};
  std::vector<char> space(CMSG_SPACE(sizeof(int) * files.size()));
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
  std::copy(files.begin(), files.end(), reinterpret_cast<int*>(CMSG_DATA(part)));
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof namespaces);
}

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
               kept.order.sandbox != order.sandbox;
  if (other || order.count == 0) drop(kept);
  if (order.count == 0) {
    kept_.erase(order.key);
    return;
  }
  kept.order = order;
  kept.failures = 0;
  while (kept.cells.size() > order.count) lost_cell(kept, kept.cells.back().shepherd.pid);
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
  auto ended = [this, key = kept.order.key, pid = cell->shepherd.pid](uint32_t) {
    if (Kept* of = find(key, Keep::cells)) {
      ++of->failures;  // nobody has asked it for anything
      lost_cell(*of, pid);
    }
  };
  reactor_.watch(cell->shepherd.exit.get(), Reactor::readable, ended);
  kept.cells.push_back(std::move(*cell));
}

// ---- cells

std::optional<Cell> Stock::take_cell(const Spawn& order) {
  Kept* kept = find(order.from, Keep::cells);
  if (!kept || kept->cells.empty() || !same_walls(order.sandbox, kept->order.sandbox)) {
    return std::nullopt;
  }
  Cell cell = std::move(kept->cells.front());
  kept->cells.pop_front();
  kept->failures = 0;
  reactor_.forget(cell.shepherd.exit.get());
  refill_after(*kept, refill_pause_ms);
  Result<> bound;
  const bool own_root = kept->order.sandbox.level >= static_cast<uint8_t>(sandbox::Level::b);
  if (own_root) {
    bound = sandbox::bind_late(cell.shepherd.pid, missing_folders(order, kept->order));
    if (!bound) log_error("a cell of {}: {}", order.from, bound.error().cause);
  }
  std::string frame = encode(order);
  const bool told = bound && write_some(cell.shepherd.wake.get(), frame) == IoState::open;
  cell.shepherd.wake.reset();
  if (told && frame.empty()) return cell;
  end(cell);
  return std::nullopt;
}

void Stock::end(Cell& cell) {
  kill(cell.shepherd.pid, SIGTERM);
  waitpid(cell.shepherd.pid, nullptr, 0);
  handlers_.ended_cell(cell);
}

void Stock::lost_cell(Kept& kept, int pid) {
  auto found =
      std::ranges::find_if(kept.cells, [&](const Cell& cell) { return cell.shepherd.pid == pid; });
  if (found == kept.cells.end()) return;
  reactor_.forget(found->shepherd.exit.get());
  end(*found);
  kept.cells.erase(found);
  if (kept.cells.size() < kept.order.count) {
    refill_after(
        kept, std::min(failure_pause_ms << std::min<int64_t>(kept.failures, 7), longest_pause_ms));
  }
}

// ---- zygotes

std::optional<Shepherd> Stock::fork(const Spawn& order, const sandbox::Plan& plan) {
  Kept* kept = find(order.from, Keep::zygote);
  if (!kept || !kept->zygote || !kept->zygote->ready) return std::nullopt;
  auto pipes = make_pipes();
  Descriptor file = file_with(order_file(order, plan));
  if (!pipes || !file) return std::nullopt;
  Zygote& zygote = *kept->zygote;
  if (!send_files(
          zygote.process.control.get(), plan.namespaces,
          {file.get(), pipes->worker[0].get(), pipes->worker[1].get(), pipes->report.get()})) {
    return std::nullopt;
  }
  zygote.asked.push_back(order);
  return std::move(pipes->ours);
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
  if (zygote.asked.empty()) return lost_zygote(*kept);
  kept->failures = 0;
  Spawn order = std::move(zygote.asked.front());
  zygote.asked.pop_front();
  if (word.shepherd > 0) return handlers_.forked(order, word.shepherd);
  handlers_.forked(order, system_error("fork", "a worker", -word.shepherd));
}

void Stock::lost_zygote(Kept& kept) {
  Zygote zygote = std::move(*kept.zygote);
  kept.zygote.reset();
  reactor_.forget(zygote.process.control.get());
  kill(zygote.process.pid, SIGKILL);
  waitpid(zygote.process.pid, nullptr, 0);
  if (!ended_) log_warning("the zygote of {} ended and is replaced", kept.order.key);
  refill_after(
      kept, std::min(failure_pause_ms << std::min<int64_t>(kept.failures++, 7), longest_pause_ms));
  for (const Spawn& order : zygote.asked)
    handlers_.forked(order, internal_error("the zygote ended"));
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
    for (const Cell& cell : kept.cells) found.push_back(cell.shepherd.pid);
  }
  return found;
}

void Stock::drop(Kept& kept) {
  kept.order.count = 0;
  reactor_.cancel(std::exchange(kept.timer, 0));
  if (kept.zygote) lost_zygote(kept);
  while (!kept.cells.empty()) lost_cell(kept, kept.cells.front().shepherd.pid);
  reactor_.cancel(std::exchange(kept.timer, 0));
}

void Stock::end() {
  ended_ = true;
  for (auto& [key, kept] : kept_) drop(kept);
  kept_.clear();
}

}  // namespace perdure::executors::spawn
