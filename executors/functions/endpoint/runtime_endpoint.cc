#include "executors/functions/endpoint/runtime_endpoint.h"

#include <sys/epoll.h>

#include "base/json.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {
namespace {

constexpr std::string_view api = "/2018-06-01/";
constexpr std::string_view invocation = "runtime/invocation/";

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

std::string to_http(const RuntimeReply& reply) {
  std::string body = R"({"status":"OK"})";
  if (!reply.error_type.empty()) {
    body = dump_json(Json{{"errorMessage", reply.error_message}, {"errorType", reply.error_type}});
  }
  return http_response(reply.status, reason_of(reply.status),
                       {{"Content-Type", "application/json"}}, body);
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
  Descriptor socket = accept_own(listener_.get());
  if (!socket) return;
  ConnectionId id = next_id_++;
  int fd = socket.get();
  connections_[id] = std::make_unique<Connection>(
      Connection{std::move(socket), HttpRequestReader(max_response_bytes), {}, false});
  reactor_.watch(fd, Reactor::readable, [this, id](uint32_t events) { on_events(id, events); });
}

void RuntimeEndpoint::close(ConnectionId id) {
  auto found = connections_.find(id);
  if (found == connections_.end()) return;
  reactor_.forget(found->second->socket.get());
  connections_.erase(found);
}

void RuntimeEndpoint::on_events(ConnectionId id, uint32_t events) {
  Connection& connection = *connections_.at(id);
  if (events & EPOLLOUT) write(id, connection, {});
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  std::string bytes;
  IoState state = read_some(connection.socket.get(), bytes, 1 << 20);
  connection.incoming.push(bytes);
  serve(id, connection);
  if (state == IoState::closed) close(id);
}

void RuntimeEndpoint::serve(ConnectionId id, Connection& connection) {
  while (!connection.waiting) {
    auto request = connection.incoming.next();
    if (!request) {
      write(id, connection, to_http({400, "InvalidRequest", request.error().cause}));
      return;
    }
    if (!*request) return;
    answer(id, connection, std::move(**request));
  }
}

void RuntimeEndpoint::answer(ConnectionId id, Connection& connection, HttpRequest request) {
  std::string worker(request.header("perdure-worker"));
  if (!handler_.knows(worker, request.header("perdure-secret"))) {
    return write(id, connection, to_http({403, "Forbidden", "This is not a worker of ours"}));
  }
  if (request.method == "GET" && request.path == "/2018-06-01/runtime/invocation/next") {
    connection.waiting = true;
    return handler_.next(worker, id);
  }
  write(id, connection, to_http(route(worker, std::move(request))));
}

RuntimeReply RuntimeEndpoint::route(const std::string& worker, HttpRequest request) {
  std::string_view path = request.path;
  if (path == "/2018-06-01/ping" && request.method == "GET") return {200, "", ""};
  if (request.method != "POST" || !path.starts_with(api)) return {404, "NotFound", "No such route"};
  path.remove_prefix(api.size());
  if (path == "runtime/init/error") return handler_.init_error(worker, std::move(request.body));
  if (!path.starts_with(invocation)) return {404, "NotFound", "No such route"};
  path.remove_prefix(invocation.size());
  size_t slash = path.find('/');
  if (slash == path.npos) return {404, "NotFound", "No such route"};
  std::string_view id = path.substr(0, slash);
  std::string_view what = path.substr(slash + 1);
  if (what != "response" && what != "error") return {404, "NotFound", "No such route"};
  if (request.too_large) return handler_.too_large(worker, id);
  return handler_.respond(worker, id, std::move(request.body), what == "error");
}

bool RuntimeEndpoint::give(ConnectionId id, const NextInvocation& next) {
  auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->waiting) return false;
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Type", "application/json"},
      {"Lambda-Runtime-Aws-Request-Id", next.request_id},
      {"Lambda-Runtime-Invoked-Function-Arn", next.function_arn},
      {"Lambda-Runtime-Deadline-Ms", std::to_string(next.deadline_ms)}};
  if (!next.trace_header.empty())
    headers.emplace_back("Lambda-Runtime-Trace-Id", next.trace_header);
  if (!next.client_context.empty()) {
    headers.emplace_back("Lambda-Runtime-Client-Context", next.client_context);
  }
  Connection& connection = *found->second;
  connection.waiting = false;
  write(id, connection, http_response(200, "OK", headers, next.payload));
  return true;
}

void RuntimeEndpoint::write(ConnectionId, Connection& connection, std::string bytes) {
  connection.outgoing += bytes;
  write_some(connection.socket.get(), connection.outgoing);  // a lost worker is noticed by reading
  bool more = !connection.outgoing.empty();
  reactor_.change(connection.socket.get(), Reactor::readable | (more ? Reactor::writable : 0u));
}

}  // namespace perdure::executors
