#include "executors/functions/spawner/shepherd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

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

void tell(int report, Report::What what, int status, const char* step = "") {
  Report said{.what = what, .status = status};
  std::snprintf(said.step, sizeof said.step, "%s", step);
  [[maybe_unused]] ssize_t written = write(report, &said, sizeof said);
}

[[noreturn]] void fail(int report, const char* step, int error = errno) {
  tell(report, Report::What::failed, error, step);
  _exit(127);
}

// All that a new process needs, made before the fork: a child must not allocate.
struct Start {
  const Spawn& order;
  sandbox::Plan plan;
  std::vector<char*> argv, env;
  WorkerPipes pipes;
  Pipe wake;  // for one that waits
};

void set_limits(const Start& start, int report) {
  for (const Limit& limit : start.order.limits) {
    // What the machine allows less of than the order asks for is no reason to run nothing.
    const auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit both{};
    if (getrlimit(resource, &both) != 0) fail(report, "getrlimit");
    both.rlim_cur = both.rlim_max = std::min<rlim_t>(limit.value, both.rlim_max);
    if (setrlimit(resource, &both) != 0) fail(report, "setrlimit");
  }
}

// In the worker's process, until its program takes over.
[[noreturn]] void become_worker(Start& start) {
  const int report = start.pipes.report.get();
  reset_signals();
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(start.pipes.worker[0].get(), 1) < 0 ||
      dup2(start.pipes.worker[1].get(), 2) < 0) {
    fail(report, "dup");
  }
  if (null > 2) close(null);
  if (start.wake.read && !move_to(start.wake.read.get(), control_fd)) fail(report, "dup");
  if (setpgid(0, 0) != 0) fail(report, "setpgid");
  if (chdir(start.order.folder.c_str()) != 0) fail(report, "chdir");
  set_limits(start, report);
  if (auto failed = sandbox::run(start.plan.worker)) fail(report, failed->call, failed->error);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // which a change of user had taken back
  // Whatever was open here is closed for the program, marked so or not.
  syscall(SYS_close_range, start.wake.read ? control_fd + 1u : 3u, ~0u, CLOSE_RANGE_CLOEXEC);
  execve(start.argv[0], start.argv.data(), start.env.data());
  fail(report, "exec");
}

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Waits until the worker ends or somebody wants it to; SIGCHLD and SIGTERM are blocked. Returns
// what wait() tells; nothing: somebody wants it to.
std::optional<int> watch_over(int worker) {
  const sigset_t wanted = watched_signals();
  while (sigwaitinfo(&wanted, nullptr) != SIGTERM) {
    int child;
    int status;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
      if (child == worker) return status;  // others are orphans that it left to us
    }
  }
  return std::nullopt;
}

// What the worker has left behind goes on until somebody wants its end.
void linger() {
  const sigset_t wanted = watched_signals();
  while (sigwaitinfo(&wanted, nullptr) != SIGTERM) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  }
}

// The spawner has ended when nobody can read the report any more; its number says nothing to a
// process that is in another namespace.
bool is_orphan(int report) {
  pollfd end{.fd = report, .events = 0, .revents = 0};
  return poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

[[noreturn]] void become_shepherd(Start& start) {
  const bool apart = start.plan.namespaces != 0;
  int report = start.pipes.report.get();
  start.pipes.ours.report.reset();
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigset_t handled;
  sigfillset(&handled);
  sigprocmask(SIG_BLOCK, &handled, nullptr);
  // With namespaces the kernel ends what is left.
  prctl(PR_SET_PDEATHSIG, apart ? SIGKILL : SIGTERM);
  if (is_orphan(report)) _exit(1);  // it died before the line above
  prctl(PR_SET_NAME, "shepherd");
  if (auto failed = sandbox::run(start.plan.house)) fail(report, failed->call, failed->error);
  prctl(PR_SET_DUMPABLE, 0);  // closed to the worker, which may be of the same user
  int worker = fork();
  if (worker < 0) fail(report, "fork");
  if (worker == 0) become_worker(start);
  // Before the worker's own report can be read: a report of a failed exec overrides this one.
  tell(report, Report::What::running, 0);
  report = dup2(report, 3);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  syscall(SYS_close_range, 4u, ~0u, 0u);
  for (int fd = 0; fd < 3; ++fd) open("/dev/null", O_RDWR);
  const auto status = watch_over(worker);
  const bool lingers = status && start.order.linger_ms > 0;
  if (lingers) {
    tell(report, Report::What::ended, *status);
    linger();
  }
  if (!apart) end_children({});
  if (!lingers) tell(report, Report::What::ended, status.value_or(SIGKILL));
  _exit(0);
}

// As fork; in new namespaces, if any.
int fork_into(uint64_t namespaces) {
  if (namespaces == 0) return fork();
  return static_cast<int>(syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

}  // namespace

std::vector<int> children_of(int pid) {
  std::vector<int> found;
  const std::string name = std::to_string(pid);
  auto text = read_file("/proc/" + name + "/task/" + name + "/children");
  if (!text) return found;
  for (const char* at = text->c_str(); *at;) {
    char* end;
    long pid = std::strtol(at, &end, 10);
    if (end == at) break;
    found.push_back(static_cast<int>(pid));
    at = end;
    while (*at == ' ' || *at == '\n') ++at;
  }
  return found;
}

void end_children(const std::vector<int>& except) {
  // Killing one may bring us its own children; a thousand rounds are more than any tree needs that
  // does not grow faster than we kill.
  for (int round = 0; round < 1000; ++round) {
    bool any = false;
    for (int pid : children_of(getpid())) {
      if (std::find(except.begin(), except.end(), pid) != except.end()) continue;
      any = true;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    if (!any) return;
  }
}

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

Result<WorkerPipes> make_pipes() {
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
  return pipes;
}

Result<> watch_shepherd(Shepherd& shepherd, int pid) {
  shepherd.pid = pid;
  shepherd.exit = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!shepherd.exit) return system_error("watch", "a worker", errno);
  return {};
}

Result<Shepherd> start_shepherd(const Spawn& order, sandbox::Plan plan, Waits waits) {
  if (order.argv.empty()) return internal_error("a worker needs a program");
  PD_TRY(pipes, make_pipes());
  Start start{order, std::move(plan), pointers(order.argv), pointers(order.env), std::move(pipes),
              {}};
  if (waits == Waits::yes) {
    PD_TRY(wake, make_pipe());
    start.wake = std::move(wake);
    fcntl(start.wake.write.get(), F_SETFL, O_NONBLOCK);
  }
  const int pid = fork_into(start.plan.namespaces);
  if (pid < 0) return system_error("fork", "a worker", errno);
  if (pid == 0) become_shepherd(start);
  Shepherd result = std::move(start.pipes.ours);
  PD_CHECK(watch_shepherd(result, pid));
  result.wake = std::move(start.wake.write);
  return result;
}

}  // namespace perdure::executors::spawn
