#pragma once
// The Lambda Runtime API at a Unix socket (the routes and bodies are AWS's, 2018-06-01). A worker
// proves who it is by the headers Perdure-Worker and Perdure-Secret. Our own bootstraps send them
// with each request; the bridge, which serves runtimes that only speak TCP, sends them once, with
// `POST /perdure/relay`, which has no answer: whatever follows on the connection is that worker's.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executors/functions/endpoint/extensions.h"
#include "executors/functions/endpoint/http_request.h"
#include "executors/functions/reactor.h"
#include "executors/functions/sockets.h"

namespace perdure::executors {

// What an answer of the endpoint says when something is wrong: AWS's status and body.
struct RuntimeReply {
  int status = 202;
  std::string error_type;  // empty: {"status":"OK"}
  std::string error_message;
};

struct NextInvocation {
  std::string request_id;
  std::string function_arn;
  std::string trace_header;
  std::string client_context;
  int64_t deadline_ms = 0;
  std::string payload;
};

// What became of a piece of an answer that is streamed.
enum class PieceTaken : uint8_t {
  yes,
  wait,      // taken, but its reader is behind: RuntimeEndpoint::resume says when to go on
  too_much,  // more than may be streamed
};

// Called on the reactor's thread.
class RuntimeHandler {
 public:
  virtual ~RuntimeHandler() = default;
  virtual bool knows(std::string_view worker, std::string_view secret) = 0;
  // Answered later by RuntimeEndpoint::give; once per connection at a time.
  virtual void next(const std::string& worker, ConnectionId connection) = 0;
  virtual RuntimeReply respond(const std::string& worker, std::string_view request_id,
                               std::string body, bool is_error) = 0;
  virtual RuntimeReply too_large(const std::string& worker, std::string_view request_id) = 0;
  // The runtime gave an answer that is none: the invocation fails with the payload.
  virtual RuntimeReply refuse(const std::string& worker, std::string_view request_id,
                              std::string payload, RuntimeReply reply) = 0;
  // What has come of an answer that is streamed: taken from `bytes` where somebody waits for it.
  virtual PieceTaken piece(const std::string& worker, std::string_view request_id,
                           ConnectionId connection, std::string_view content_type,
                           std::string& bytes) = 0;
  // The Extensions API, and what the bridge has to say of extensions. Nothing: answered later, by
  // RuntimeEndpoint::answer_later.
  virtual std::optional<ExtensionReply> extension(const std::string& worker,
                                                  ConnectionId connection,
                                                  const HttpRequest& request) = 0;
  virtual RuntimeReply init_error(const std::string& worker, std::string body) = 0;
};

// Lives on the reactor's thread. Workers run anybody's code: what one of them can make the engine
// hold (connections, bytes sent and not served, answers not read) is bounded.
class RuntimeEndpoint {
 public:
  RuntimeEndpoint(Reactor& reactor, RuntimeHandler& handler)
      : reactor_(reactor), handler_(handler) {}
  ~RuntimeEndpoint() { stop(); }

  Result<> listen(const std::string& path);
  void stop();
  // False if the connection is gone: the worker will ask again.
  bool give(ConnectionId connection, const NextInvocation& invocation);
  void answer_later(ConnectionId connection, const ExtensionReply& reply);
  // The reader of what comes here has caught up.
  void resume(ConnectionId connection);

 private:
  struct Connection {
    ConnectionId id = 0;
    Descriptor socket;
    HttpRequestReader incoming;
    std::string outgoing;
    bool waiting = false;     // for an invocation or an event; requests behind that one wait too
    std::string worker{};     // of a relay
    std::string owner{};      // the worker that it has proved to be of; empty: none yet
    bool paused = false;      // see PieceTaken::wait
    bool encouraged = false;  // the unfinished request has its 100 Continue
    bool held = false;        // what is outgoing goes with what comes next
    bool closing = false;     // once all is written
  };
  void accept();
  void on_events(ConnectionId id, uint32_t events);
  void serve(Connection& connection);
  void unfinished(Connection& connection);
  void broken_off(Connection& connection);
  void answer(Connection& connection, HttpRequest request);
  RuntimeReply route(const std::string& worker, HttpRequest request, ConnectionId id);
  std::string worker_of(Connection& connection, const HttpRequest& request);
  bool proved(Connection& connection, const std::string& worker);
  bool holds_too_much(const Connection& connection) const;
  void refuse(Connection& connection, const RuntimeReply& reply);
  void await(Connection& connection);
  bool answer_waiting(ConnectionId id, std::string_view bytes);
  void reply(Connection& connection, std::string_view bytes);
  void write(Connection& connection, std::string_view bytes);
  void close(ConnectionId id);

  Reactor& reactor_;
  RuntimeHandler& handler_;
  Descriptor listener_;
  std::map<ConnectionId, std::unique_ptr<Connection>> connections_;
  std::set<ConnectionId> unproved_;  // oldest first
  ConnectionId next_id_ = 1;
};

}  // namespace perdure::executors
