#pragma once
// One thread of the server and the connections that live on it. Internal to base/net.

// clang-format off
#include <utility>  // before Asio: Boost 1.81 uses std::exchange without including it
// clang-format on

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/net/http_server.h"

namespace perdure {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;
using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

class Session;

// What all threads of a server share; outlives them.
struct ServerContext {
  const HttpServerOptions options;
  HttpHandler& handler;
  const Clock& clock;

  std::mutex mutex;
  std::condition_variable none_open;
  // Guarded by mutex.
  size_t open_connections = 0;
  std::unordered_map<std::string, size_t> connections_by_address;

  std::atomic<uint64_t> body_bytes{0};  // in memory, of requests without an answer

  // False: there are too many. `address` is empty for a Unix socket.
  bool open_connection(const std::string& address);
  void close_connection(const std::string& address);
};

// Sessions are added, swept and removed on the thread itself. `post_*` come
// from anywhere; they gather in a mailbox, so that a burst of answers costs one wake-up.
class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  explicit IoThread(std::shared_ptr<ServerContext> context);

  void start();
  void drain();   // any thread: idle connections are closed, others after their answer
  void finish();  // any thread: closes everything; the thread ends when its operations have
  void join() { thread_.join(); }

  // No answer: the handler has dropped the request.
  void post_answer(std::shared_ptr<Session> to, std::optional<HttpResponse> answer);
  void post_wake(std::shared_ptr<Session> to);

  // On the thread itself.
  void add(std::shared_ptr<Session> session);
  void remove(Session& session);                // the caller keeps it alive
  void hold(std::shared_ptr<Session> session);  // until its turn: calls release()
  bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }
  bool draining() const { return draining_; }
  const std::string& date();  // of now, as the Date field wants it
  // Since when, at most, what is being read now has been there, UTC ms.
  int64_t arrival_ms();

  ServerContext& context() { return *context_; }
  asio::io_context& io() { return io_; }

 private:
  struct Mail {
    std::shared_ptr<Session> to;
    bool wake = false;
    std::optional<HttpResponse> answer;
  };

  void run();
  void put(Mail mail);
  void deliver_mail();
  void turn();
  void release_later();
  void release();
  void sweep_later();
  void sweep();

  const std::shared_ptr<ServerContext> context_;
  const std::chrono::milliseconds sweep_interval_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_timer_, release_timer_;
  bool sweeping_ = false;
  bool draining_ = false;
  std::vector<std::shared_ptr<Session>> sessions_;  // the open ones
  std::deque<std::shared_ptr<Session>> held_;       // in the order of their refusals
  SteadyTime last_release_;
  std::string date_;
  int64_t date_second_ = -1;
  // A turn of the loop: it asks which sockets have news, then serves them one after the other. What
  // is served in this turn came after the last one had asked.
  bool turning_ = false;  // the next turn is being watched for
  bool read_in_turn_ = false;
  int64_t turn_ms_ = 0, last_turn_ms_ = 0;
  std::thread thread_;

  std::mutex mail_mutex_;  // guards the two below
  std::vector<Mail> mail_;
  bool mail_closed_ = false;
};

}  // namespace perdure
