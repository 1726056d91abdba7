#include "executors/functions/bridge/courier.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <optional>

#include "executors/functions/bridge/engine_socket.h"

namespace perdure::executors::bridge {
namespace {

constexpr int extension_patience_ms = 2000;
constexpr int64_t retry_us = 50'000;
constexpr std::string_view question = "POST /perdure/deliveries HTTP/1.1\r\n";

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

// The whole answer; nothing: the other end is gone, or silent for longer than the socket waits.
std::optional<std::string> read_answer(int fd, AnswerReader::Answer& answer) {
  std::string text(64 << 10, '\0');
  size_t size = 0;
  while (!AnswerReader::read(std::string_view(text).substr(0, size), answer)) {
    if (size == text.size()) text.resize(2 * size);
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    size += static_cast<size_t>(got);
  }
  text.resize(answer.bytes);
  return text;
}

int connect_to_port(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{extension_patience_ms / 1000, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

// "http 8080 /path\n" or "tcp 8080 -\n", and the events; behind "keep - -\n" stands what the next
// engine is to be told.
struct Batch {
  bool tcp = false, keep = false;
  int port = 0;
  std::string_view path, events;
};

Batch read_batch(std::string_view text) {
  Batch batch;
  const std::string_view line = text.substr(0, text.find('\n'));
  batch.events = text.substr(std::min(line.size() + 1, text.size()));
  batch.tcp = line.starts_with("tcp ");
  batch.keep = line.starts_with("keep ");
  const size_t space = line.find(' ');
  const size_t second = line.rfind(' ');
  if (space == line.npos) return batch;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), batch.port);
  batch.path = line.substr(second + 1);
  return batch;
}

// An extension that does not listen loses what it would have got.
void post(const Batch& batch) {
  const int fd = connect_to_port(batch.port);
  if (fd < 0) return;
  const std::string head = "POST " + std::string(batch.path) +
                           " HTTP/1.1\r\nHost: sandbox.localdomain:" + std::to_string(batch.port) +
                           "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                           "Content-Length: " +
                           std::to_string(batch.events.size()) + "\r\n\r\n";
  char byte;
  if (send_all(fd, head) && send_all(fd, batch.events)) {
    while (read(fd, &byte, 1) < 0 && errno == EINTR) continue;  // it has begun to answer
  }
  close(fd);
}

class Courier {
 public:
  explicit Courier(const RelayOptions& options) : options_(options) {}

  void run() {
    for (int64_t away_ms = 0; away_ms < options_.patience_ms;) {
      if (serve()) away_ms = 0;
      usleep(retry_us);
      away_ms += retry_us / 1000;
    }
  }

 private:
  // One connection to the engine; false: there was none.
  bool serve() {
    const int engine = connect_to_engine(options_.socket, Blocking::yes);
    if (engine < 0) return false;
    bool open = send_all(engine, options_.greeting);
    std::string body = kept_;  // with the first question
    while (open) {
      AnswerReader::Answer answer;
      std::optional<std::string> text;
      const std::string size = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
      const std::string asked = std::string(question) + size + std::exchange(body, {});
      if (send_all(engine, asked)) text = read_answer(engine, answer);
      open = text && answer.status == 200;
      if (open) deliver(read_batch(std::string_view(*text).substr(text->find("\r\n\r\n") + 4)));
    }
    close(engine);
    return true;
  }

  void deliver(const Batch& batch) {
    if (batch.keep) {
      kept_ = batch.events;
      return;
    }
    if (!batch.tcp) return post(batch);
    // A subscriber of this kind has one connection for all; one that is broken is made again.
    for (int attempt = 0; attempt < 2; ++attempt) {
      int& fd = streams_.try_emplace(batch.port, -1).first->second;
      if (fd < 0) fd = connect_to_port(batch.port);
      if (fd < 0 || send_all(fd, batch.events)) return;
      close(fd);
      fd = -1;
    }
  }

  const RelayOptions& options_;
  std::map<int, int> streams_;  // by port
  std::string kept_;
};

}  // namespace

void run_courier(const RelayOptions& options) { Courier(options).run(); }

}  // namespace perdure::executors::bridge
