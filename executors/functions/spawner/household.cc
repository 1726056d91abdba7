#include "executors/functions/spawner/household.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executors/functions/sandbox/calls.h"

namespace perdure::executors::spawn {
namespace {

constexpr size_t most_children = 4096;

void tell(int report, Report::What what, int status, const char* step = "", int process = 0) {
  Report said{.what = what, .status = status, .process = process};
  strncpy(said.step, step, sizeof said.step - 1);
  [[maybe_unused]] ssize_t written = write(report, &said, sizeof said);
}

void make(const CallBytes& calls, int report) {
  if (calls.size == 0) return;
  const sandbox::Failure failure = sandbox::make_calls(calls.data, calls.size);
  if (failure.call != nullptr) fail(report, failure.call, failure.error);
}

// The spawner has ended when nobody can read the report any more; its number says nothing to a
// process that is in another namespace.
bool is_orphan(int report) {
  pollfd end{.fd = report, .events = 0, .revents = 0};
  return poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

void become_worker(const Household& household) {
  const int report = household.report;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(household.out, 1) < 0 || dup2(household.err, 2) < 0) {
    fail(report, "dup", errno);
  }
  if (null > 2) close(null);
  if (household.wake >= 0) {
    // A descriptor that is there already would keep its mark of closing with exec.
    const bool there = household.wake == control_fd;
    if ((there ? fcntl(control_fd, F_SETFD, 0) : dup2(household.wake, control_fd)) < 0) {
      fail(report, "dup", errno);
    }
  }
  if (setpgid(0, 0) != 0) fail(report, "setpgid", errno);
  make(household.worker, report);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // which a change of user had taken back
  if (household.name[0] != '\0') prctl(PR_SET_NAME, household.name);
}

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Waits until the worker ends, and `status` is what wait() tells, or somebody wants it to: false.
// SIGCHLD and SIGTERM are blocked. Others that end are orphans that it left to us; they are told of
// where there is a report. Without a worker (0) it is what the worker has left behind that goes on
// until somebody wants its end.
bool watch_over(int worker, int report, int& status) {
  const sigset_t wanted = watched_signals();
  do {
    int child;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
      if (child == worker) return true;
      if (report >= 0) tell(report, Report::What::reaped, status, "", child);
    }
  } while (sigwaitinfo(&wanted, nullptr) != SIGTERM);
  return false;
}

[[noreturn]] void watch_until_the_end(const Household& household, int worker) {
  // Before the worker's own report can be read: a report of a failed exec overrides this one.
  tell(household.report, Report::What::running, 0);
  const int report = dup2(household.report, 3);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  syscall(SYS_close_range, 4u, ~0u, 0u);
  for (int fd = 0; fd < 3; ++fd) open("/dev/null", O_RDWR);
  int status = 0;
  const int told = household.tells_all ? report : -1;
  const bool ended = watch_over(worker, told, status);
  const bool lingers = ended && household.lingers;
  if (lingers) {
    tell(report, Report::What::ended, status);
    int last = 0;
    watch_over(0, told, last);
  }
  if (!household.apart) end_children(nullptr, 0);
  if (!lingers) tell(report, Report::What::ended, ended ? status : SIGKILL);
  _exit(0);
}

}  // namespace

void fail(int report, const char* step, int error) {
  tell(report, Report::What::failed, error, step);
  _exit(127);
}

void keep_house(const Household& household) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  // With namespaces the kernel ends what is left.
  prctl(PR_SET_PDEATHSIG, household.apart ? SIGKILL : SIGTERM);
  if (is_orphan(household.report)) _exit(1);  // it died before the line above
  prctl(PR_SET_NAME, "shepherd");
  make(household.house, household.report);
  prctl(PR_SET_DUMPABLE, 0);  // closed to the worker, which may be of the same user
  const int worker = fork();
  if (worker < 0) fail(household.report, "fork", errno);
  if (worker > 0) watch_until_the_end(household, worker);
  become_worker(household);
}

size_t children_of(int pid, int* found, size_t most) {
  char text[64];
  snprintf(text, sizeof text, "/proc/%d/task/%d/children", pid, pid);
  const int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t count = 0;
  int number = 0;
  ssize_t got;
  while (count < most && (got = read(file, text, sizeof text)) > 0) {
    for (ssize_t i = 0; i < got && count < most; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        number = number * 10 + (text[i] - '0');
      } else if (number != 0) {  // each number has a space behind it
        found[count++] = number;
        number = 0;
      }
    }
  }
  close(file);
  return count;
}

void end_children(const int* except, size_t count) {
  // Killing one may bring us its own children; a thousand rounds are more than any tree needs that
  // does not grow faster than we kill.
  for (int round = 0; round < 1000; ++round) {
    int children[most_children];
    const size_t found = children_of(getpid(), children, most_children);
    bool any = false;
    for (size_t i = 0; i < found; ++i) {
      bool stays = false;
      for (size_t k = 0; k < count && !stays; ++k) stays = except[k] == children[i];
      if (stays) continue;
      any = true;
      kill(children[i], SIGKILL);
      waitpid(children[i], nullptr, 0);
    }
    if (!any) return;
  }
}

}  // namespace perdure::executors::spawn
