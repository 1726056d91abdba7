#include "executors/functions/bridge/relay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "executors/functions/bridge/engine_socket.h"
#include "executors/functions/bridge/extension_lines.h"
#include "executors/functions/bridge/log_frames.h"

namespace perdure::executors::bridge {
namespace {

constexpr size_t read_bytes = 256 << 10;
constexpr int64_t least_pause_ms = 50;  // between two looks whether the engine is back
constexpr int64_t most_pause_ms = 1000;
constexpr size_t longest_line = 64 << 10;       // of an extension's, then it is cut
constexpr size_t most_waiting_bytes = 1 << 20;  // for one side, before more is read from the other

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
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
      if (polled_[3].revents) pass_extensions_on();
      for (size_t i = first_pair; i < polled_.size(); i += 2) {
        serve(*pairs_[(i - first_pair) / 2], polled_[i], polled_[i + 1]);
      }
      std::erase_if(pairs_, [](const auto& pair) { return pair->worker < 0; });
    }
  }

 private:
  static constexpr size_t first_pair = 4;  // in `polled_`

  void connect_all() {
    bool missing = false;
    for (auto& pair : pairs_) {
      if (pair->engine >= 0) continue;
      pair->engine = connect_to_engine(options_.socket, Blocking::no);
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
    polled_ = {{charge_.listener, POLLIN, 0},
               {children_, POLLIN, 0},
               {charge_.log, POLLIN, 0},
               {charge_.printed, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      // Nobody is heard while the other side is behind: this process lives in the function's
      // memory.
      const auto interest = [](const std::string& outgoing, const std::string& incoming) {
        return static_cast<short>((outgoing.empty() ? 0 : POLLOUT) |
                                  (incoming.size() < most_waiting_bytes ? POLLIN : 0));
      };
      const Exchange& exchange = pair->exchange;
      polled_.push_back({pair->worker, interest(exchange.to_worker, exchange.to_engine), 0});
      polled_.push_back({pair->engine, interest(exchange.to_engine, exchange.to_worker), 0});
    }
    while (poll(polled_.data(), polled_.size(), pause_ms()) < 0) {
      if (errno != EINTR) abort();
    }
  }

  // An answer that waits for the engine is late by an eighth of the time that the engine was away.
  int pause_ms() const {
    if (away_since_ms_ == 0) return -1;
    const int64_t pause = (now_ms() - away_since_ms_) / 8;
    return static_cast<int>(std::clamp(pause, least_pause_ms, most_pause_ms));
  }

  void report_ends() {
    pass_extensions_on();  // the last words of one come before its end
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

  // The output's reader may be behind: then the writer waits for it, as if it had written itself.
  void write_out(std::string text) const {
    while (!text.empty()) {
      const ssize_t put = write(charge_.output, text.data(), text.size());
      if (put < 0 && errno != EINTR) return;
      if (put > 0) text.erase(0, static_cast<size_t>(put));
    }
  }

  void pass_log_on() {
    for (std::string bytes; charge_.log >= 0;) {
      const bool open = receive(charge_.log, bytes);
      write_out(frames_.lines_of(bytes));
      if (!open) close(std::exchange(charge_.log, -1));
      if (bytes.empty()) return;
    }
  }

  // Line by line, each with its mark.
  void pass_extensions_on() {
    for (std::string bytes; charge_.printed >= 0;) {
      const bool open = receive(charge_.printed, bytes);
      line_ += bytes;
      if (!open && !line_.empty()) line_ += '\n';
      for (size_t end; (end = line_.find('\n')) != line_.npos || line_.size() > longest_line;) {
        const size_t size = std::min(end, line_.size());
        write_out(std::string(extension_mark) + line_.substr(0, size) + "\n");
        line_.erase(0, size + 1);
      }
      if (!open) close(std::exchange(charge_.printed, -1));
      if (bytes.empty()) return;
    }
  }

  void accept_one() {
    const int fd = accept4(charge_.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (!is_own_peer(fd, options_.neighbours)) {
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
  std::string line_;  // of an extension, not whole yet
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::vector<pollfd> polled_;
  int64_t away_since_ms_ = 0;  // 0: it is there
};

}  // namespace

bool tell_engine(const RelayOptions& options, const std::string& request) {
  const int fd = connect_to_engine(options.socket, Blocking::no);
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
