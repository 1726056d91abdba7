#include "executors/functions/endpoint/runtime_endpoint.h"

#include <errno.h>
#include <sys/epoll.h>

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "executors/functions/endpoint/telemetry.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {
namespace {

constexpr std::string_view init_error_path = "/2018-06-01/runtime/init/error";
constexpr std::string_view next_path = "/2018-06-01/runtime/invocation/next";
constexpr std::string_view invocation_path = "/2018-06-01/runtime/invocation/";
constexpr std::string_view mode_header = "lambda-runtime-function-response-mode";

constexpr size_t max_unproved = 256;            // connections that have not said whose they are
constexpr size_t max_connections = 128;         // of one worker
constexpr size_t max_held_bytes = 16 << 20;     // of one worker, in requests that are not whole
constexpr size_t few_bytes = 256 << 10;         // that are not worth counting
constexpr size_t max_ahead_bytes = 64 << 10;    // read while a request waits for its answer
constexpr size_t max_unread_bytes = 256 << 10;  // of answers, before more is served
constexpr int64_t no_descriptors_pause_ms = 100;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 413:
      return "Payload Too Large";
    default:
      return "Internal Server Error";
  }
}

std::string error_json(std::string_view type, std::string_view message) {
  return dump_json(Json{{"errorMessage", message}, {"errorType", type}});
}

std::string to_http(const RuntimeReply& reply) {
  std::string body = R"({"status":"OK"})";
  if (!reply.error_type.empty()) body = error_json(reply.error_type, reply.error_message);
  return http_response(reply.status, reason_of(reply.status),
                       {{"Content-Type", "application/json"}}, body);
}

std::string to_http(const ExtensionReply& reply) {
  HttpFields headers = {{"Content-Type", "application/json"}};
  if (!reply.identifier.empty()) {
    headers.emplace_back("Lambda-Extension-Identifier", reply.identifier);
  }
  return http_response(reply.status, reason_of(reply.status), headers, reply.body);
}

RuntimeReply not_ours() { return {403, "Forbidden", "This is not a worker of ours"}; }

// An invocation that is answered: POST .../invocation/ID/response or .../error.
struct Target {
  std::string id;
  bool is_error = false;
};

std::optional<Target> target_of(const HttpRequest& request) {
  std::string_view path = request.path;
  if (request.method != "POST" || !path.starts_with(invocation_path)) return std::nullopt;
  path.remove_prefix(invocation_path.size());
  const size_t slash = path.find('/');
  if (slash == path.npos) return std::nullopt;
  const std::string_view what = path.substr(slash + 1);
  if (what != "response" && what != "error") return std::nullopt;
  return Target{std::string(path.substr(0, slash)), what == "error"};
}

std::optional<Target> streamed_to(const HttpRequest& request) {
  if (request.header(mode_header) != "streaming") return std::nullopt;
  return target_of(request);
}

}  // namespace

Result<> RuntimeEndpoint::listen(const std::string& path) {
  PD_TRY(listener, listen_unix(path));
  listener_ = std::move(listener);
  reactor_.watch(listener_.get(), Reactor::readable, [this](uint32_t) { accept(); });
  return {};
}

void RuntimeEndpoint::stop() {
  while (!connections_.empty()) close(connections_.begin()->first);
  if (listener_) reactor_.forget(listener_.get());
  listener_.reset();
}

void RuntimeEndpoint::accept() {
  errno = 0;
  Descriptor socket = accept_own(listener_.get());
  if (!socket && (errno == EMFILE || errno == ENFILE)) {
    // The caller waits in line until there is a descriptor for it; asking at once would be a loop.
    const int listener = listener_.get();
    reactor_.change(listener, Reactor::none);
    reactor_.after(no_descriptors_pause_ms, [this, listener] {
      if (listener_.get() == listener) reactor_.change(listener, Reactor::readable);
    });
  }
  if (!socket) return;
  // Who has something to say says it at once: the oldest of so many is not going to.
  if (unproved_.size() >= max_unproved) close(*unproved_.begin());
  ConnectionId id = next_id_++;
  int fd = socket.get();
  connections_[id] = std::make_unique<Connection>(
      Connection{id, std::move(socket), HttpRequestReader(max_response_bytes), {}, false});
  unproved_.insert(id);
  reactor_.watch(fd, Reactor::readable, [this, id](uint32_t events) { on_events(id, events); });
}

void RuntimeEndpoint::close(ConnectionId id) {
  auto found = connections_.find(id);
  if (found == connections_.end()) return;
  reactor_.forget(found->second->socket.get());
  unproved_.erase(id);
  connections_.erase(found);
}

void RuntimeEndpoint::on_events(ConnectionId id, uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (events & EPOLLOUT) write(connection, {});
  IoState state = IoState::open;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    std::string bytes;
    state = read_some(connection.socket.get(), bytes, 1 << 20);
    connection.incoming.push(bytes);
  }
  serve(connection);
  if (state == IoState::closed) broken_off(connection);
  // One that wants no more than this answer may still be waiting for it.
  const bool over = connection.closing && !connection.waiting && connection.outgoing.empty();
  if (state == IoState::closed || over) return close(id);
  await(connection);
}

// What it is to be waited for. Who does not read its answers is not heard either.
void RuntimeEndpoint::await(Connection& connection) {
  const bool deaf = connection.paused || connection.closing ||
                    connection.outgoing.size() >= max_unread_bytes ||
                    (connection.waiting && connection.incoming.held_bytes() > max_ahead_bytes);
  const bool unwritten = !connection.outgoing.empty() && !connection.held;
  reactor_.change(connection.socket.get(),
                  (deaf ? 0u : Reactor::readable) | (unwritten ? Reactor::writable : 0u));
}

void RuntimeEndpoint::resume(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->paused = false;
  on_events(id, 0);
}

// The last that it says.
void RuntimeEndpoint::refuse(Connection& connection, const RuntimeReply& reply) {
  connection.closing = true;
  write(connection, to_http(reply));
}

void RuntimeEndpoint::serve(Connection& connection) {
  while (!connection.waiting && !connection.closing &&
         connection.outgoing.size() < max_unread_bytes) {
    auto request = connection.incoming.next();
    if (!request) {
      return refuse(connection, {400, request.error().name, request.error().cause});
    }
    if (!*request) {
      if (connection.held) write(connection, {});  // the rest may take long
      return unfinished(connection);
    }
    connection.encouraged = false;
    answer(connection, std::move(**request));
  }
  if (connection.held && !connection.waiting) write(connection, {});
}

// Whoever asks for the next invocation together with an answer needs to hear only once: what the
// answer gets goes with the invocation. A worker that never hears it, as we have ended, says it
// again to the next engine.
void RuntimeEndpoint::reply(Connection& connection, std::string_view bytes) {
  if (!connection.incoming.pending() || connection.closing) return write(connection, bytes);
  connection.held = true;
  connection.outgoing += bytes;
}

// Whoever asks before it sends a body is told to; what is streamed goes on as it comes.
void RuntimeEndpoint::unfinished(Connection& connection) {
  HttpRequest* request = connection.incoming.unfinished();
  if (!request) return;
  const std::string worker = worker_of(connection, *request);
  if (worker.empty()) return refuse(connection, not_ours());
  if (request->header("expect") == "100-continue" && !std::exchange(connection.encouraged, true)) {
    write(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  const auto target = streamed_to(*request);
  if (target && !request->body.empty()) {
    const PieceTaken taken = handler_.piece(worker, target->id, connection.id,
                                            request->header("content-type"), request->body);
    if (taken == PieceTaken::too_much) {
      return refuse(connection, handler_.too_large(worker, target->id));
    }
    connection.paused = taken == PieceTaken::wait;
  }
  if (holds_too_much(connection)) {
    refuse(connection, {413, "RequestEntityTooLarge", "Too much is being sent at once"});
  }
}

// With the other connections of its worker: an answer is one of them at a time.
bool RuntimeEndpoint::holds_too_much(const Connection& connection) const {
  if (connection.incoming.held_bytes() < few_bytes) return false;
  size_t bytes = 0;
  for (const auto& [id, each] : connections_) {
    if (each->owner == connection.owner) bytes += each->incoming.held_bytes();
  }
  return bytes > max_held_bytes;
}

// The connection ends in the middle of an answer that is streamed.
void RuntimeEndpoint::broken_off(Connection& connection) {
  const HttpRequest* request = connection.incoming.unfinished();
  const auto target = request ? streamed_to(*request) : std::nullopt;
  if (!target) return;
  const std::string worker = worker_of(connection, *request);
  if (worker.empty()) return;
  handler_.refuse(worker, target->id, error_json("Runtime.TruncatedResponse", ""), {});
}

// Empty: it has not proved that it is one.
std::string RuntimeEndpoint::worker_of(Connection& connection, const HttpRequest& request) {
  if (!connection.worker.empty()) return connection.worker;
  std::string worker(request.header("perdure-worker"));
  const bool known = handler_.knows(worker, request.header("perdure-secret"));
  return known && proved(connection, worker) ? worker : std::string();
}

// False: the worker has too many already.
bool RuntimeEndpoint::proved(Connection& connection, const std::string& worker) {
  if (connection.owner == worker) return true;
  const auto others = std::ranges::count_if(
      connections_, [&](const auto& each) { return each.second->owner == worker; });
  if (static_cast<size_t>(others) >= max_connections) return false;
  connection.owner = worker;
  unproved_.erase(connection.id);
  return true;
}

void RuntimeEndpoint::answer(Connection& connection, HttpRequest request) {
  const ConnectionId id = connection.id;
  std::string worker = worker_of(connection, request);
  if (worker.empty()) return refuse(connection, not_ours());
  if (request.path == "/perdure/relay") {
    connection.worker = std::move(worker);
    return;
  }
  connection.closing = request.last;
  if (request.method == "GET" && request.path == next_path) {
    connection.waiting = true;
    return handler_.next(worker, id);
  }
  if (request.path.starts_with("/2020-01-01/") || request.path.starts_with("/perdure/") ||
      Telemetry::serves(request.path)) {
    const auto reply = handler_.extension(worker, id, request);
    if (!reply) connection.waiting = true;
    return reply ? write(connection, to_http(*reply)) : void();
  }
  if (request.method == "GET" && request.path == "/2018-06-01/ping") {
    return write(connection, http_response(200, "OK", {{"Content-Type", "text/plain"}}, "pong"));
  }
  reply(connection, to_http(route(worker, std::move(request), id)));
}

RuntimeReply RuntimeEndpoint::route(const std::string& worker, HttpRequest request,
                                    ConnectionId id) {
  if (request.method == "POST" && request.path == init_error_path) {
    return handler_.init_error(worker, std::move(request.body));
  }
  const auto target = target_of(request);
  if (!target) return {404, "NotFound", "No such route"};
  if (request.too_large) return handler_.too_large(worker, target->id);
  const std::string_view mode = request.header(mode_header);
  if (!target->is_error && !mode.empty() && mode != "streaming") {
    return handler_.refuse(worker, target->id, error_json("Runtime.InvalidResponseModeHeader", ""),
                           {400, "InvalidFunctionResponseMode", "Invalid function response mode"});
  }
  // What came together with the end of a stream goes where the rest of it has gone.
  if (!target->is_error && mode == "streaming" &&
      handler_.piece(worker, target->id, id, request.header("content-type"), request.body) ==
          PieceTaken::too_much) {
    return handler_.too_large(worker, target->id);
  }
  // A stream that was well begun may end badly.
  if (const auto type = request.trailer("lambda-runtime-function-error-type"); !type.empty()) {
    auto body = base64_decode(request.trailer("lambda-runtime-function-error-body"));
    return handler_.respond(worker, target->id,
                            body && !body->empty() ? *body : error_json(type, ""), true);
  }
  return handler_.respond(worker, target->id, std::move(request.body), target->is_error);
}

bool RuntimeEndpoint::give(ConnectionId id, const NextInvocation& next) {
  HttpFields headers = {{"Content-Type", "application/json"},
                        {"Lambda-Runtime-Aws-Request-Id", next.request_id},
                        {"Lambda-Runtime-Invoked-Function-Arn", next.function_arn},
                        {"Lambda-Runtime-Deadline-Ms", std::to_string(next.deadline_ms)}};
  if (!next.trace_header.empty())
    headers.emplace_back("Lambda-Runtime-Trace-Id", next.trace_header);
  if (!next.client_context.empty()) {
    headers.emplace_back("Lambda-Runtime-Client-Context", next.client_context);
  }
  return answer_waiting(id, http_response(200, "OK", headers, next.payload));
}

void RuntimeEndpoint::answer_later(ConnectionId id, const ExtensionReply& reply) {
  answer_waiting(id, to_http(reply));
}

bool RuntimeEndpoint::answer_waiting(ConnectionId id, std::string_view bytes) {
  auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->waiting) return false;
  Connection& connection = *found->second;
  connection.waiting = false;
  write(connection, bytes);
  // The caller may hold locks, and what stands behind the request was left for now.
  if (connection.closing || connection.incoming.pending()) {
    reactor_.post([this, id] { on_events(id, 0); });
  }
  return true;
}

void RuntimeEndpoint::write(Connection& connection, std::string_view bytes) {
  connection.outgoing += bytes;
  connection.held = false;
  write_some(connection.socket.get(), connection.outgoing);  // a lost worker is noticed by reading
  await(connection);
}

}  // namespace perdure::executors
