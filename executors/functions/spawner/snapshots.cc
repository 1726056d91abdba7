#include "executors/functions/spawner/snapshots.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/log.h"
#include "executors/functions/sandbox/worker_root.h"
#include "executors/functions/spawner/order_file.h"

namespace perdure::executors::spawn {
namespace {

constexpr int64_t spare_pause_ms = 30;  // the worker that took the last starts first
constexpr int64_t fork_patience_ms = 3000;
constexpr int64_t reap_patience_ms = 1000;

struct Word {
  std::string text;  // empty: the other end is closed
  int pid = 0;       // of who sent it, as the kernel tells
};

// Nothing: none is there yet. There is room for the sender alone, which is told where the socket
// has SO_PASSCRED: files that come along are closed by the kernel.
std::optional<Word> next_word(int socket) {
  char text[512];
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(ucred))];
  iovec data{text, sizeof text};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = space;
  header.msg_controllen = sizeof space;
  const ssize_t got = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  Word word;
  if (got > 0) word.text.assign(text, static_cast<size_t>(got));
  const cmsghdr* part = CMSG_FIRSTHDR(&header);
  if (part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
    ucred sender;
    std::copy_n(reinterpret_cast<const char*>(CMSG_DATA(part)), sizeof sender,
                reinterpret_cast<char*>(&sender));
    word.pid = sender.pid;
  }
  return word;
}

void tell_senders(int socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

std::string namespace_of(int pid) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/pid", error).string();
}

// Its number in the innermost of its namespaces; 0: it is gone.
int inner_number(int pid) {
  const auto status = read_file("/proc/" + std::to_string(pid) + "/status");
  if (!status) return 0;
  const size_t line = status->find("\nNSpid:");  // its name, which it chooses, has no line break
  if (line == status->npos) return 0;
  const size_t last = status->find_last_of("\t ", status->find('\n', line + 1));
  return std::atoi(status->c_str() + last);
}

}  // namespace

void Snapshots::add(const std::string& snapshot, Source source) {
  Snapshot& added = snapshots_[snapshot];
  added.source = std::move(source);
  tell_senders(added.source.control.get());
  reactor_.watch(added.source.control.get(), Reactor::readable,
                 [this, snapshot](uint32_t) { on_control(snapshot); });
}

// Never another sandbox than the one ordered.
bool Snapshots::can_fork(const Spawn& order) const {
  const auto found = snapshots_.find(order.from);
  return found != snapshots_.end() && found->second.taken &&
         found->second.source.sandbox == order.sandbox;
}

bool Snapshots::has_workers(const std::string& snapshot) const {
  const auto found = snapshots_.find(snapshot);
  return found != snapshots_.end() &&
         std::ranges::any_of(found->second.forked,
                             [](const auto& each) { return each.second.order.has_value(); });
}

void Snapshots::on_control(const std::string& name) {
  Snapshot& snapshot = snapshots_.at(name);
  const auto word = next_word(snapshot.source.control.get());
  if (!word) return;
  // It has one thing to say, once.
  if (!word->text.empty() && !snapshot.taken) {
    snapshot.taken = true;
    handlers_.taken(name);
    return make_spare(name);
  }
  reactor_.forget(snapshot.source.control.get());
  snapshot.source.control.reset();
  snapshot.taken = false;
  std::vector<std::string> spare;
  for (const auto& [group, forked] : snapshot.forked) {
    if (!forked.order) spare.push_back(group);
  }
  for (const std::string& group : spare) drop(name, group);
}

// ---- forking

void Snapshots::make_spare(const std::string& name) {
  const auto found = snapshots_.find(name);
  if (found == snapshots_.end()) return;
  Snapshot& snapshot = found->second;
  snapshot.timer = 0;
  const bool has_one = std::ranges::any_of(
      snapshot.forked, [](const auto& each) { return !each.second.order.has_value(); });
  if (!snapshot.taken || has_one) return;
  // Without one the next worker is asked for when it is needed.
  if (auto asked = ask(name); !asked) log_warning("{}: {}", name, asked.error().cause);
}

Result<Snapshots::Begun> Snapshots::fork(const Spawn& order) {
  Snapshot& snapshot = snapshots_.at(order.from);
  auto one = std::ranges::find_if(snapshot.forked,
                                  [](const auto& each) { return !each.second.order.has_value(); });
  if (one == snapshot.forked.end()) {
    PD_TRY(asked, ask(order.from));
    one = asked;
  }
  Forked& forked = one->second;
  forked.order = order;
  if (forked.stage == Stage::ready) {
    if (Result<> told = tell(snapshot, forked); !told) {
      drop(order.from, one->first);
      return told.error();
    }
    forked.begun.pid = forked.pid;
  }
  if (snapshot.timer == 0) {
    snapshot.timer =
        reactor_.after(spare_pause_ms, [this, name = order.from] { make_spare(name); });
  }
  return std::exchange(forked.begun, {});
}

Result<Snapshots::Forks::iterator> Snapshots::ask(const std::string& from) {
  Snapshot& snapshot = snapshots_.at(from);
  const std::string name = from + "-" + std::to_string(++snapshot.number);
  PD_TRY(pipes, make_pipes(Waits::no));
  pipes.ours.report.reset();
  PD_TRY(group, handlers_.make_group(name, snapshot.source.sandbox));
  auto socket = send_order_for_process(snapshot, name, pipes);
  if (!socket) {
    handlers_.drop_group(name);
    return socket.error();
  }
  reactor_.watch(socket->get(), Reactor::readable,
                 [this, from, name](uint32_t) { on_word(from, name); });
  Forked& forked = snapshot.forked[name];
  forked.socket = std::move(*socket);
  forked.group_files = group.files;
  forked.begun = {
      .shepherd = std::move(pipes.ours), .pid = 0, .group_name = name, .group = std::move(group)};
  reactor_.after(fork_patience_ms, [this, from, name] { unanswered(from, name); });
  return snapshot.forked.find(name);
}

Snapshots::Forked* Snapshots::find(const std::string& from, const std::string& name) {
  const auto snapshot = snapshots_.find(from);
  if (snapshot == snapshots_.end()) return nullptr;
  const auto forked = snapshot->second.forked.find(name);
  return forked == snapshot->second.forked.end() ? nullptr : &forked->second;
}

// A snapshot that hangs is asked no more.
void Snapshots::unanswered(const std::string& from, const std::string& name) {
  const Forked* forked = find(from, name);
  if (forked == nullptr || forked->stage != Stage::asked) return;
  snapshots_.at(from).taken = false;
  lose(from, name, internal_error("the snapshot does not fork it"));
}

// Our end of the socket to the process.
Result<Descriptor> Snapshots::send_order_for_process(const Snapshot& snapshot,
                                                     const std::string& name,
                                                     const WorkerPipes& pipes) {
  const Source& source = snapshot.source;
  for (const Descriptor& end : pipes.worker) {
    if (fchown(end.get(), source.uid, source.uid) != 0) {
      return system_error("own", "the output", errno);
    }
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error("make", "a socket pair", errno);
  }
  Descriptor ours(ends[0]);
  const Descriptor its(ends[1]);
  tell_senders(ours.get());
  PD_TRY(root, sandbox::make_worker_root(source.shepherd, name, source.sandbox.tmp_mib));
  if (send_files(source.control.get(), "f",
                 {its.get(), pipes.worker[0].get(), pipes.worker[1].get(), root.get()})) {
    return ours;
  }
  sandbox::remove_worker_root(source.shepherd, name);
  return internal_error("the snapshot does not take the order");
}

// First it says that it is there, then that it runs, or what it cannot do.
void Snapshots::on_word(const std::string& from, const std::string& name) {
  Snapshot& snapshot = snapshots_.at(from);
  Forked& forked = snapshot.forked.at(name);
  const auto word = next_word(forked.socket.get());
  if (!word) return;
  Result<> outcome = internal_error("it ended before it ran: " + word->text);
  if (forked.stage == Stage::asked && !word->text.empty()) {
    outcome = look_at(from, name, word->pid);
    if (outcome && !forked.order) return;
    if (outcome) outcome = tell(snapshot, forked);
    // Before it can say anything to the engine itself.
    if (outcome) return handlers_.forked(Spawn(*forked.order), forked.pid);
  }
  if (forked.stage == Stage::told && word->text == "runs") {
    forked.stage = Stage::runs;
    reactor_.forget(forked.socket.get());
    forked.socket.reset();
    return;
  }
  lose(from, name, outcome.error());
}

Result<> Snapshots::look_at(const std::string& from, const std::string& name, int pid) {
  // While this is open the number is of no other process, if it was the right one's.
  Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const std::string own = namespace_of(snapshots_.at(from).source.shepherd);
  Forked& forked = *find(from, name);
  if (!process || own.empty() || namespace_of(pid) != own) {
    return internal_error("who asks for the order is no process of the snapshot's");
  }
  forked.pid = pid;
  forked.process = inner_number(pid);
  if (!sandbox::Cgroups::join(forked.group_files, pid)) {
    return system_error("move", "a worker into its control group", errno);
  }
  forked.stage = Stage::ready;
  forked.alive = std::move(process);
  reactor_.watch(forked.alive.get(), Reactor::readable,
                 [this, from, name](uint32_t) { after_end(from, name); });
  return {};
}

// The shepherd tells how a worker ended, unless the worker's parent has stayed to keep it from
// that.
void Snapshots::after_end(const std::string& from, const std::string& name) {
  Forked& forked = *find(from, name);
  reactor_.forget(forked.alive.get());
  forked.alive.reset();
  reactor_.after(reap_patience_ms, [this, from, name] {
    const Forked* left = find(from, name);
    if (left == nullptr) return;
    if (left->stage != Stage::runs) return lose(from, name, internal_error("it has ended"));
    end(from, name, SIGKILL);
  });
}

Result<> Snapshots::tell(const Snapshot& snapshot, Forked& forked) {
  Spawn order = *forked.order;
  order.limits.clear();  // it has them already
  const Descriptor file =
      file_with(order_text(order, {.namespaces = 0, .house = snapshot.source.walls, .worker = {}}));
  if (!file || !send_files(forked.socket.get(), "o", {file.get()})) {
    return internal_error("a worker does not take its order");
  }
  forked.stage = Stage::told;
  return {};
}

// ---- ends

void Snapshots::lose(const std::string& from, const std::string& name, const Error& why) {
  const std::optional<Spawn> order = snapshots_.at(from).forked.at(name).order;
  drop(from, name);
  if (order) handlers_.forked(*order, why);
}

void Snapshots::give_up(const std::string& from, const std::string& worker) {
  const auto snapshot = snapshots_.find(from);
  if (snapshot == snapshots_.end()) return;
  for (const auto& [name, forked] : snapshot->second.forked) {
    if (!forked.order || forked.order->worker != worker) continue;
    if (forked.stage == Stage::runs) return;
    return lose(from, std::string(name), internal_error("it is not wanted any more"));
  }
}

void Snapshots::reaped(const std::string& from, int process, int status) {
  const auto snapshot = snapshots_.find(from);
  if (snapshot == snapshots_.end()) return;
  Forks& forked = snapshot->second.forked;
  const auto ended = std::ranges::find_if(
      forked, [&](const auto& each) { return each.second.process == process; });
  if (ended == forked.end()) return;
  const std::string name = ended->first;
  if (ended->second.stage == Stage::told) on_word(from, name);  // its last, if it had one
  const auto left = forked.find(name);
  if (left == forked.end() || left->second.stage != Stage::runs) return;
  end(from, name, status);
}

// First all that it has started: nothing is to be written to its /tmp any more.
void Snapshots::end(const std::string& from, const std::string& name, int status) {
  handlers_.ended(std::string(find(from, name)->order->worker), status);
  drop(from, name);
}

void Snapshots::drop(const std::string& from, const std::string& name) {
  if (find(from, name) == nullptr) return;
  Snapshot& snapshot = snapshots_.at(from);
  auto dropped = snapshot.forked.extract(name);
  Forked& forked = dropped.mapped();
  if (forked.socket) reactor_.forget(forked.socket.get());
  if (forked.alive) reactor_.forget(forked.alive.get());
  // The caller of fork() has it otherwise.
  if (!forked.begun.group_name.empty()) handlers_.drop_group(name);
  if (!sandbox::remove_worker_root(snapshot.source.shepherd, name)) handlers_.spoiled(from);
  if (!has_workers(from)) handlers_.idle(from);
}

void Snapshots::remove(const std::string& name) {
  auto found = snapshots_.extract(name);
  if (!found) return;
  Snapshot& snapshot = found.mapped();
  reactor_.cancel(snapshot.timer);
  if (snapshot.source.control) reactor_.forget(snapshot.source.control.get());
  for (auto& [group, forked] : snapshot.forked) {
    if (forked.socket) reactor_.forget(forked.socket.get());
    if (forked.alive) reactor_.forget(forked.alive.get());
    if (!forked.order) {
      handlers_.drop_group(group);
    } else if (forked.stage == Stage::runs) {
      handlers_.ended(forked.order->worker, SIGKILL);
    } else {
      handlers_.forked(*forked.order, internal_error("the snapshot ended"));
    }
  }
}

}  // namespace perdure::executors::spawn
