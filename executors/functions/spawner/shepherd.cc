#include "executors/functions/spawner/shepherd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/files.h"

namespace perdure::executors::spawn {
namespace {

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("make", "a pipe", errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// All that a new process needs, made before the fork: a child must not allocate.
struct Start {
  bool apart = false, lingers = false, forks = false;
  std::string house, worker;  // calls
  std::vector<char*> argv, env;
  WorkerPipes pipes;
};

CallBytes bytes_of(std::string& text) { return {text.data(), text.size()}; }

// All others that are open here: there are some for each worker that lives, and with more of them
// than a worker may have it could open none in its preparations.
void close_all_but(std::array<int, 4> kept) {
  std::ranges::sort(kept);
  unsigned first = 3;
  for (const int fd : kept) {
    if (fd < static_cast<int>(first)) continue;
    const unsigned own = static_cast<unsigned>(fd);
    if (own > first) syscall(SYS_close_range, first, own - 1, 0u);
    first = own + 1;
  }
  syscall(SYS_close_range, first, ~0u, 0u);
}

// The shepherd, and its child until its program takes over.
[[noreturn]] void become_worker(Start& start) {
  const int report = start.pipes.report.get();
  const int wake = start.pipes.wake.get();
  const int out = start.pipes.worker[0].get();
  const int err = start.pipes.worker[1].get();
  close_all_but({report, wake, out, err});
  keep_house({.apart = start.apart,
              .house = bytes_of(start.house),
              .worker = bytes_of(start.worker),
              .out = out,
              .err = err,
              .report = report,
              .wake = wake,
              .lingers = start.lingers,
              .tells_all = start.forks});
  reset_signals();
  // Whatever was open here is closed for the program, marked so or not.
  syscall(SYS_close_range, wake >= 0 ? control_fd + 1u : 3u, ~0u, CLOSE_RANGE_CLOEXEC);
  execve(start.argv[0], start.argv.data(), start.env.data());
  fail(report, "exec", errno);
}

// As fork; in new namespaces, if any.
int fork_into(uint64_t namespaces) {
  if (namespaces == 0) return fork();
  return static_cast<int>(syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

}  // namespace

void reset_signals() {
  sigset_t all;
  sigfillset(&all);
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
}

bool move_to(int fd, int place) {
  // A descriptor that is there already would keep its mark of closing with exec.
  return fd == place ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, place) == place;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Result<WorkerPipes> make_pipes(Waits waits) {
  WorkerPipes pipes;
  for (int i : {0, 1}) {
    PD_TRY(out, make_pipe());
    pipes.ours.out[i] = std::move(out.read);
    pipes.worker[i] = std::move(out.write);
  }
  PD_TRY(report, make_pipe());
  pipes.ours.report = std::move(report.read);
  pipes.report = std::move(report.write);
  for (int fd : {pipes.ours.report.get(), pipes.ours.out[0].get(), pipes.ours.out[1].get()}) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  if (waits == Waits::no) return pipes;
  if (waits == Waits::for_orders) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      return system_error("make", "a socket pair", errno);
    }
    pipes.ours.wake = Descriptor(ends[0]);
    pipes.wake = Descriptor(ends[1]);
    return pipes;
  }
  PD_TRY(wake, make_pipe());
  pipes.wake = std::move(wake.read);
  pipes.ours.wake = std::move(wake.write);
  fcntl(pipes.ours.wake.get(), F_SETFL, O_NONBLOCK);
  return pipes;
}

Result<> watch_shepherd(Shepherd& shepherd, int pid) {
  shepherd.pid = pid;
  shepherd.exit = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!shepherd.exit) return system_error("watch", "a worker", errno);
  return {};
}

std::string worker_calls(const Spawn& order, const sandbox::Plan& plan) {
  std::vector<sandbox::Call> calls = {{"chdir", SYS_chdir, {sandbox::text(order.folder)}}};
  for (const Limit& limit : order.limits) {
    // What the machine allows less of than the order asks for is no reason to run nothing.
    rlimit64 both{};
    if (getrlimit64(static_cast<__rlimit_resource>(limit.resource), &both) != 0) continue;
    both.rlim_cur = both.rlim_max = std::min<rlim64_t>(limit.value, both.rlim_max);
    calls.push_back({"setrlimit",
                     SYS_prlimit64,
                     {sandbox::value(0), sandbox::value(limit.resource),
                      sandbox::bytes_of(&both, sizeof both), sandbox::value(0)}});
  }
  return to_bytes(sandbox::joined(std::move(calls), plan.worker));
}

Result<Shepherd> start_shepherd(const Spawn& order, const sandbox::Plan& plan, Waits waits) {
  if (order.argv.empty()) return internal_error("a worker needs a program");
  PD_TRY(pipes, make_pipes(waits));
  Start start{plan.namespaces != 0, order.linger_ms > 0,       waits == Waits::for_orders,
              to_bytes(plan.house), worker_calls(order, plan), pointers(order.argv),
              pointers(order.env),  std::move(pipes)};
  const int pid = fork_into(plan.namespaces);
  if (pid < 0) return system_error("fork", "a worker", errno);
  if (pid == 0) become_worker(start);
  Shepherd result = std::move(start.pipes.ours);
  PD_CHECK(watch_shepherd(result, pid));
  return result;
}

}  // namespace perdure::executors::spawn
