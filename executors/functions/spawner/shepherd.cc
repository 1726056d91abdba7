#include "executors/functions/spawner/shepherd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

[[noreturn]] void fail(int report, const char* step) {
  Report failed{.pid = 0, .error = errno};
  std::snprintf(failed.step, sizeof failed.step, "%s", step);
  [[maybe_unused]] ssize_t written = write(report, &failed, sizeof failed);
  _exit(127);
}

// What the two children have of the spawner's.
struct Inherited {
  int out, err, report;
  int wake;  // -1: none
};

// In the worker's process, until its program takes over.
[[noreturn]] void become_worker(const Spawn& order, char* const* argv, char* const* env,
                                const Inherited& inherited) {
  const int report = inherited.report;
  reset_signals();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(inherited.out, 1) < 0 || dup2(inherited.err, 2) < 0) {
    fail(report, "dup");
  }
  if (null > 2) close(null);
  if (inherited.wake >= 0 && !move_to(inherited.wake, control_fd)) fail(report, "dup");
  if (setpgid(0, 0) != 0) fail(report, "setpgid");
  if (chdir(order.folder.c_str()) != 0) fail(report, "chdir");
  for (const Limit& limit : order.limits) {
    // What the machine allows less of than the order asks for is no reason to run nothing.
    const auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit both{};
    if (getrlimit(resource, &both) != 0) fail(report, "getrlimit");
    both.rlim_cur = both.rlim_max = std::min<rlim_t>(limit.value, both.rlim_max);
    if (setrlimit(resource, &both) != 0) fail(report, "setrlimit");
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  execve(argv[0], argv, env);
  fail(report, "exec");
}

// Ends the calling process in the way that `status` tells of another.
[[noreturn]] void end_like(int status) {
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &only, nullptr);
    _exit(128 + number);
  }
  _exit(WEXITSTATUS(status));
}

// Waits until the worker ends or somebody wants it to; SIGCHLD and SIGTERM are blocked.
[[noreturn]] void watch_over(int worker) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  int status = SIGKILL;  // as wait() tells it: killed
  for (bool ended = false; !ended;) {
    if (sigwaitinfo(&wanted, nullptr) == SIGTERM) break;
    int child;
    int child_status;
    while ((child = waitpid(-1, &child_status, WNOHANG)) > 0) {
      if (child != worker) continue;  // an orphan that it left to us
      status = child_status;
      ended = true;
    }
  }
  end_children({});
  end_like(status);
}

[[noreturn]] void become_shepherd(const Spawn& order, char* const* argv, char* const* env,
                                  const Inherited& inherited, int parent) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigset_t handled;
  sigfillset(&handled);
  sigprocmask(SIG_BLOCK, &handled, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);  // it died before the line above
  prctl(PR_SET_NAME, "shepherd");
  int worker = fork();
  if (worker < 0) fail(inherited.report, "fork");
  if (worker == 0) become_worker(order, argv, env, inherited);
  // Before the worker's own report can come: a report of a failed exec overrides this one.
  Report running{.pid = worker};
  [[maybe_unused]] ssize_t written = write(inherited.report, &running, sizeof running);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  syscall(SYS_close_range, 3u, ~0u, 0u);
  open("/dev/null", O_RDWR);
  watch_over(worker);
}

std::vector<int> children() {
  std::vector<int> found;
  std::string self = std::to_string(getpid());
  auto text = read_file("/proc/" + self + "/task/" + self + "/children");
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

}  // namespace

void end_children(const std::vector<int>& except) {
  // Killing one may bring us its own children; a thousand rounds are more than any tree needs that
  // does not grow faster than we kill.
  for (int round = 0; round < 1000; ++round) {
    bool any = false;
    for (int pid : children()) {
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
  PD_TRY(out, make_pipe());
  PD_TRY(err, make_pipe());
  PD_TRY(report, make_pipe());
  WorkerPipes pipes;
  pipes.ours.report = std::move(report.read);
  pipes.ours.out[0] = std::move(out.read);
  pipes.ours.out[1] = std::move(err.read);
  for (int fd : {pipes.ours.report.get(), pipes.ours.out[0].get(), pipes.ours.out[1].get()}) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  pipes.worker[0] = std::move(out.write);
  pipes.worker[1] = std::move(err.write);
  pipes.report = std::move(report.write);
  return pipes;
}

Result<> watch_shepherd(Shepherd& shepherd, int pid) {
  shepherd.pid = pid;
  shepherd.exit = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!shepherd.exit) return system_error("watch", "a worker", errno);
  return {};
}

Result<Shepherd> start_shepherd(const Spawn& order, Waits waits) {
  PD_TRY(pipes, make_pipes());
  Pipe wake;
  if (waits == Waits::yes) {
    PD_TRY(made, make_pipe());
    wake = std::move(made);
    fcntl(wake.write.get(), F_SETFL, O_NONBLOCK);
  }
  // Made before the fork: the child must not allocate more than it has to.
  std::vector<char*> argv = pointers(order.argv);
  std::vector<char*> env = pointers(order.env);
  if (order.argv.empty()) return internal_error("a worker needs a program");
  int parent = getpid();
  int pid = fork();
  if (pid < 0) return system_error("fork", "a worker", errno);
  if (pid == 0) {
    const Inherited inherited{pipes.worker[0].get(), pipes.worker[1].get(), pipes.report.get(),
                              wake.read.get()};
    become_shepherd(order, argv.data(), env.data(), inherited, parent);
  }
  PD_CHECK(watch_shepherd(pipes.ours, pid));
  pipes.ours.wake = std::move(wake.write);
  return std::move(pipes.ours);
}

}  // namespace perdure::executors::spawn
