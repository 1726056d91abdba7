#include "executors/functions/bridge/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "executors/functions/bridge/log_frames.h"

namespace perdure::executors::bridge {
namespace {

constexpr size_t read_bytes = 256 << 10;
constexpr int64_t retry_ms = 50;

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

enum class Owner { us, others, unknown };

Owner owner_of(const sockaddr_in& peer, const sockaddr_in& own) {
  FILE* table = fopen("/proc/net/tcp", "re");
  if (!table) return Owner::us;  // no table where nobody else is
  char line[512];
  Owner owner = Owner::unknown;
  while (owner == Owner::unknown && fgets(line, sizeof line, table)) {
    unsigned address = 0, port = 0, to_port = 0, uid = 0;
    const int found =
        sscanf(line, "%*d: %8X:%4X %*8X:%4X %*s %*s %*s %*s %u", &address, &port, &to_port, &uid);
    // Connections of before may have had the same port: they led elsewhere.
    if (found == 4 && address == peer.sin_addr.s_addr && port == ntohs(peer.sin_port) &&
        to_port == ntohs(own.sin_port)) {
      owner = uid == geteuid() ? Owner::us : Owner::others;
    }
  }
  fclose(table);
  return owner;
}

// Who else is on this machine may reach the port, but is not the worker. The kernel's table of
// connections says whose the other end is; while it changes a reading may miss some.
bool is_of_our_user(const sockaddr_in& peer, int connection) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  getsockname(connection, reinterpret_cast<sockaddr*>(&own), &size);
  for (int reading = 0; reading < 5; ++reading) {
    const Owner owner = owner_of(peer, own);
    if (owner != Owner::unknown) return owner == Owner::us;
  }
  return false;
}

struct Pair {
  int worker = -1;
  int engine = -1;
  Exchange exchange;
};

// Sends what goes; false: the other end is gone.
bool flush(int fd, std::string& bytes) {
  while (!bytes.empty()) {
    const ssize_t put = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN;
    bytes.erase(0, static_cast<size_t>(put));
  }
  return true;
}

// What is there; false: the other end is gone.
bool receive(int fd, std::string& bytes) {
  bytes.resize(read_bytes);
  const ssize_t got = read(fd, bytes.data(), bytes.size());
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

std::string text_of(int status) {
  if (WIFSIGNALED(status)) return std::string("signal: ") + strsignal(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

// SIGCHLD, which is blocked, as something to poll for.
int watch_children() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, nullptr);
  return signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

class Relay {
 public:
  Relay(const RelayOptions& options, Charge charge)
      : children_(watch_children()), options_(options), charge_(std::move(charge)) {}

  void run() {
    report_ends();
    for (;;) {
      connect_all();
      if (away_since_ms_ > 0 && now_ms() - away_since_ms_ > options_.patience_ms) return;
      wait();
      if (polled_[0].revents & POLLIN) accept_one();
      if (polled_[1].revents & POLLIN) report_ends();
      if (polled_[2].revents) pass_log_on();
      for (size_t i = first_pair; i < polled_.size(); i += 2) {
        serve(*pairs_[(i - first_pair) / 2], polled_[i], polled_[i + 1]);
      }
      std::erase_if(pairs_, [](const auto& pair) { return pair->worker < 0; });
    }
  }

 private:
  static constexpr size_t first_pair = 3;  // in `polled_`

  void connect_all() {
    bool missing = false;
    for (auto& pair : pairs_) {
      if (pair->engine >= 0) continue;
      pair->engine = connect_to(options_.socket);
      if (pair->engine < 0) {
        missing = true;
      } else {
        pair->exchange.to_engine.insert(0, options_.greeting);
      }
    }
    if (!missing) away_since_ms_ = 0;
    if (missing && away_since_ms_ == 0) away_since_ms_ = now_ms();
  }

  void wait() {
    polled_ = {{charge_.listener, POLLIN, 0}, {children_, POLLIN, 0}, {charge_.log, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      const auto interest = [](const std::string& outgoing) {
        return static_cast<short>(outgoing.empty() ? POLLIN : POLLIN | POLLOUT);
      };
      polled_.push_back({pair->worker, interest(pair->exchange.to_worker), 0});
      polled_.push_back({pair->engine, interest(pair->exchange.to_engine), 0});
    }
    while (poll(polled_.data(), polled_.size(), away_since_ms_ > 0 ? int(retry_ms) : -1) < 0) {
      if (errno != EINTR) abort();
    }
  }

  void report_ends() {
    signalfd_siginfo ignored;
    while (read(children_, &ignored, sizeof ignored) > 0) continue;
    int status = 0;
    for (int pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      for (const Program& program : charge_.programs) {
        if (program.pid != pid) continue;
        const std::string end = program.name + " " + text_of(status);
        tell_engine(options_, "POST /perdure/extensions/exited HTTP/1.1\r\nContent-Length: " +
                                  std::to_string(end.size()) + "\r\n\r\n" + end);
      }
    }
  }

  // The output's reader may be behind: then the runtime waits for it, as if it had written itself.
  void pass_log_on() {
    for (std::string bytes; charge_.log >= 0;) {
      const bool open = receive(charge_.log, bytes);
      std::string lines = frames_.lines_of(bytes);
      while (!lines.empty()) {
        const ssize_t put = write(charge_.output, lines.data(), lines.size());
        if (put < 0 && errno != EINTR) break;
        if (put > 0) lines.erase(0, static_cast<size_t>(put));
      }
      if (!open) {
        close(charge_.log);
        charge_.log = -1;
      }
      if (bytes.empty()) return;
    }
  }

  void accept_one() {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(charge_.listener, reinterpret_cast<sockaddr*>(&peer), &size,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (!is_of_our_user(peer, fd)) {
      close(fd);
      return;
    }
    pairs_.push_back(std::make_unique<Pair>());
    pairs_.back()->worker = fd;
  }

  void serve(Pair& pair, const pollfd& worker, const pollfd& engine) {
    std::string bytes;
    if (worker.revents & ~POLLOUT) {
      if (!receive(pair.worker, bytes)) return drop(pair);
      pass_log_on();  // what was logged before an answer belongs to its invocation
      pair.exchange.from_worker(bytes);
    }
    if (engine.revents & ~POLLOUT) {
      const bool open = receive(pair.engine, bytes);
      pair.exchange.from_engine(bytes);
      if (!open) return lost(pair);
    }
    if (pair.engine >= 0 && !flush(pair.engine, pair.exchange.to_engine)) return lost(pair);
    if (!flush(pair.worker, pair.exchange.to_worker)) drop(pair);
  }

  void lost(Pair& pair) {
    close(pair.engine);
    pair.engine = -1;
    // What it has said still reaches the worker, whose connection ends with it.
    if (!flush(pair.worker, pair.exchange.to_worker) || !pair.exchange.lost_engine()) drop(pair);
  }

  void drop(Pair& pair) {
    close(pair.worker);
    if (pair.engine >= 0) close(pair.engine);
    pair.worker = pair.engine = -1;
  }

  const int children_;
  const RelayOptions options_;
  Charge charge_;
  LogFrames frames_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::vector<pollfd> polled_;
  int64_t away_since_ms_ = 0;  // 0: it is there
};

}  // namespace

bool tell_engine(const RelayOptions& options, const std::string& request) {
  const int fd = connect_to(options.socket);
  std::string text = options.greeting + request;
  pollfd wanted{fd, POLLIN, 0};
  const bool told =
      fd >= 0 && flush(fd, text) && text.empty() && poll(&wanted, 1, int(options.patience_ms)) == 1;
  if (fd >= 0) close(fd);
  return told;
}

void run_relay(const RelayOptions& options, Charge charge) {
  Relay(options, std::move(charge)).run();
}

}  // namespace perdure::executors::bridge
