// What the extensions of a worker say to the pools, and what they are told.

#include "base/ids.h"
#include "executors/functions/pool/pools.h"

namespace perdure::executors {
namespace {

constexpr int64_t shutdown_patience_ms = 2000;  // AWS's, with external extensions

std::vector<std::string> names_in(const std::string& body) {
  const auto json = parse_json(body);
  std::vector<std::string> names;
  if (!json || !json->is_array()) return names;
  // The bridge sends texts, but what it serves may speak in its place.
  for (const Json& name : *json) {
    if (name.is_string() && names.size() <= max_extensions)
      names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace

// Known by the bridge's declaration, or by the first that registers from within the runtime.
Extensions& Pools::extensions_of(Worker& worker) {
  if (!worker.extensions) {
    const FunctionConfiguration& function = *worker.pool->function;
    worker.extensions = std::make_unique<Extensions>(
        Extensions::Function{function.name, function.version, function.handler,
                             function.tenant.account},
        worker.adopted);
  }
  return *worker.extensions;
}

std::optional<ExtensionReply> Pools::extension(const std::string& id, ConnectionId connection,
                                               const HttpRequest& request) {
  Guard guard(*this);
  const WorkerHandle worker = find(id);
  if (!worker) return ExtensionReply{403, ""};
  if (request.path == "/perdure/code-cache") return heard_of_code_cache(*worker, request);
  Extensions& extensions = extensions_of(*worker);
  std::optional<ExtensionReply> reply = ExtensionReply{};
  if (Telemetry::serves(request.path)) {
    reply = subscribe(worker, request);
  } else if (request.path == "/perdure/deliveries") {
    await_telemetry(worker, connection, request.body);
    reply.reset();
  } else if (request.path == "/perdure/extensions") {
    extensions.expect(names_in(request.body));
    begin_telemetry(worker);
  } else if (request.path == "/perdure/extensions/ready") {
    worker->launcher = connection;
    reply.reset();
  } else if (request.path == "/perdure/extensions/exited") {
    extensions.exited(request.body);
  } else {
    reply = extensions.handle(request, connection, make_uuid(random_));
  }
  // The connection is known to wait once this has been answered.
  reactor_.post([this, worker] {
    Guard later(*this);
    extensions_moved(worker);
    send_telemetry(worker);
  });
  return reply;
}

void Pools::extensions_moved(const WorkerHandle& worker) {
  if (!worker->extensions) return;
  const Extensions& extensions = *worker->extensions;
  const auto& [type, reason] = extensions.failure();
  const bool failed = !type.empty();
  if (worker->state == State::ending) {
    if (extensions.all_gone()) link_->send(spawn::Kill{worker->identity.id});
    return;
  }
  if (failed && worker->init_error.empty()) {
    worker->init_error = error_payload(type, reason);
    link_->send(spawn::EndProgram{worker->identity.id});
  }
  if (failed) return;
  if (worker->launcher != 0 && extensions.all_registered()) {
    endpoint_->answer_later(std::exchange(worker->launcher, 0), {});
  }
  if (worker->state == State::starting && worker->connection != 0) return asked_for_work(worker);
  settle(worker);
}

void Pools::send_events(const std::vector<ExtensionEvent>& events) {
  for (const ExtensionEvent& event : events) {
    endpoint_->answer_later(event.connection, {200, event.body, event.identifier});
  }
}

void Pools::invoke_extensions(const Worker& worker, const NextInvocation& invocation) {
  if (!worker.extensions) return;
  send_events(worker.extensions->invoke({.request_id = invocation.request_id,
                                         .function_arn = invocation.function_arn,
                                         .trace_header = invocation.trace_header,
                                         .deadline_ms = invocation.deadline_ms}));
}

// False: nobody wants to hear of it, the worker may be killed.
bool Pools::say_goodbye(const WorkerHandle& worker, std::string_view reason) {
  if (!worker->extensions) return false;
  flush_telemetry(worker);
  send_events(worker->extensions->shutdown(reason, clock_.now_ms() + shutdown_patience_ms));
  if (worker->extensions->all_gone()) return false;
  reactor_.after(shutdown_patience_ms,
                 [this, id = worker->identity.id, alive = std::weak_ptr(alive_)] {
                   if (!alive.expired()) link_->send(spawn::Kill{id});
                 });
  return true;
}

}  // namespace perdure::executors
