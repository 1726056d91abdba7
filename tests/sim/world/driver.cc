#include "tests/sim/world/driver.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>

namespace perdure::sim {
namespace {

constexpr size_t text_bytes = 600;
constexpr size_t jobs_ahead = 3;  // so that no worker waits for its next one

// What goes through the socket, one message each way.
struct Report {
  bool broken = false;
  uint64_t hash = 0;
  Coverage coverage;
  char invariant[text_bytes] = {};
  char detail[text_bytes] = {};
};

void copy_text(char (&to)[text_bytes], const std::string& from) {
  std::strncpy(to, from.c_str(), text_bytes - 1);
}

[[noreturn]] void serve(int socket) {
  Library library;
  Job job;
  while (recv(socket, &job, sizeof job, 0) == sizeof job) {
    const Verdict verdict = run_world({job.seed, job.bug, false}, library);
    Report report;
    report.broken = verdict.broken;
    report.hash = verdict.hash;
    report.coverage = verdict.coverage;
    copy_text(report.invariant, verdict.invariant);
    copy_text(report.detail, verdict.detail);
    if (send(socket, &report, sizeof report, 0) != sizeof report) break;
  }
  _exit(0);
}

}  // namespace

// A child that runs one job after the other, and is started again when one has ended it.
class Driver::Worker {
 public:
  Worker() { start(); }
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;

  int socket() const { return socket_; }
  const std::deque<Job>& jobs() const { return jobs_; }
  void give(const Job& job) {
    jobs_.push_back(job);
    tell(job);
  }
  // Of the first job.
  Verdict take() {
    jobs_.pop_front();
    Report report;
    if (recv(socket_, &report, sizeof report, 0) == sizeof report) {
      return {report.broken, report.invariant, report.detail, report.hash, report.coverage};
    }
    const int status = stop();
    start();
    for (const Job& job : jobs_) tell(job);
    return {true,
            "the engine does not abort",
            fmt::format("its process ended with signal {}", WTERMSIG(status)),
            0,
            {}};
  }

 private:
  // A child that has just died is found out when its answer does not come.
  void tell(const Job& job) { (void)send(socket_, &job, sizeof job, MSG_NOSIGNAL); }
  void start() {
    int pair[2];
    PD_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    std::fflush(nullptr);
    pid_ = fork();
    PD_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      close(pair[0]);
      // What the engine logs about faults that are meant is no news; `show` has it.
      if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
      serve(pair[1]);
    }
    close(pair[1]);
    socket_ = pair[0];
  }
  int stop() {
    shutdown(socket_, SHUT_RDWR);  // later children have copies of it
    close(socket_);
    int status = 0;
    waitpid(pid_, &status, 0);
    return status;
  }

  pid_t pid_ = 0;
  int socket_ = -1;
  std::deque<Job> jobs_;
};

Verdict run_world(const Options& options, Library& library) {
  World world(options, library);
  Verdict verdict;
  try {
    verdict.hash = world.run();
  } catch (const Violation& violation) {
    verdict.broken = true;
    verdict.invariant = violation.invariant;
    verdict.detail = violation.detail;
  }
  verdict.coverage = world.coverage();
  return verdict;
}

Driver::Driver(int processes) {
  for (int i = 0; i < processes; ++i) workers_.push_back(std::make_unique<Worker>());
}
Driver::~Driver() = default;

void Driver::run(const Next& next, const Done& done) {
  for (bool more = true;;) {
    bool busy = false;
    std::vector<pollfd> waiting;
    for (const auto& worker : workers_) {
      while (more && worker->jobs().size() < jobs_ahead) {
        const auto job = next();
        more = job.has_value();
        if (job) worker->give(*job);
      }
      busy |= !worker->jobs().empty();
      waiting.push_back({worker->jobs().empty() ? -1 : worker->socket(), POLLIN, 0});
    }
    if (!busy) return;
    if (poll(waiting.data(), waiting.size(), -1) < 0) continue;
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const Job job = workers_[i]->jobs().front();
      done(job, workers_[i]->take());
    }
  }
}

}  // namespace perdure::sim
