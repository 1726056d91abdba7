// What workers say to the pools over the runtime API.

#include "executors/functions/pool/pools.h"

namespace perdure::executors {

bool Pools::knows(std::string_view id, std::string_view secret) {
  std::lock_guard lock(mutex_);
  WorkerHandle worker = find(id);
  return worker && worker->identity.secret == secret;
}

void Pools::next(const std::string& id, ConnectionId connection) {
  Guard guard(*this);
  WorkerHandle worker = find(id);
  if (!worker) return;
  worker->connection = connection;
  asked_for_work(worker);
}

void Pools::asked_for_work(const WorkerHandle& worker) {
  switch (worker->state) {
    case State::starting:
      worker->init_us = std::max<int64_t>(monotonic_us() - worker->spawned_us, 1);
      begin_settling(worker);
      link_->send(spawn::Finish{worker->identity.id, ""});
      return;
    case State::settling:
      return settle(worker);
    case State::busy:
      if (!worker->invocation->delivered) return deliver(worker);
      // It asks for more instead of answering: the request, or its answer, was lost on the way.
      link_->send(spawn::Finish{worker->identity.id, worker->invocation->work.request_id});
      begin_settling(worker);
      return finish(std::exchange(worker->invocation, nullptr), worker_lost());
    default:
      return;  // it has connected again, and still waits
  }
}

RuntimeReply Pools::respond(const std::string& id, std::string_view request_id, std::string body,
                            bool is_error) {
  Guard guard(*this);
  WorkerHandle worker = find(id);
  if (!worker || worker->state != State::busy ||
      worker->invocation->work.request_id != request_id) {
    return {400, "InvalidRequestID", "Invalid request ID"};
  }
  begin_settling(worker);
  answered(worker, std::move(body), is_error, is_error ? "error" : "", "");
  link_->send(spawn::Finish{id, std::string(request_id)});
  return {};
}

RuntimeReply Pools::too_large(const std::string& id, std::string_view request_id) {
  RuntimeReply reply = respond(id, request_id, too_large_payload(), true);
  if (reply.status != 202) return reply;
  return {
      413, "RequestEntityTooLarge",
      "Exceeded maximum allowed payload size (" + std::to_string(max_response_bytes) + " bytes)."};
}

RuntimeReply Pools::init_error(const std::string& id, std::string body) {
  Guard guard(*this);
  WorkerHandle worker = find(id);
  if (!worker || worker->state != State::starting) {
    return {403, "InvalidStateTransition", "State transition is not allowed"};
  }
  worker->init_error = std::move(body);
  return {};
}

}  // namespace perdure::executors
