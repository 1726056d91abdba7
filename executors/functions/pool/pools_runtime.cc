// What workers say to the pools over the runtime API.

#include <fmt/format.h>

#include "executors/functions/pool/custom_runtime.h"
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
      if (!worker->files) return;  // and comes again with them
      if (worker->extensions) worker->extensions->close_registration();
      if (has_busy_extensions(*worker)) return;  // and comes again once they are ready
      wind_up(worker);                           // what it has printed goes before what we say
      worker->init_us = std::max<int64_t>(monotonic_us() - worker->spawned_us, 1);
      if (worker->tier == spawn::Tier::snapshot) worker->log->restore_report(worker->init_us);
      end_of_start(worker);
      begin_settling(worker);
      link_->send(spawn::Finish{worker->identity.id, ""});
      return settle(worker);
    case State::settling:
      return settle(worker);
    case State::busy:
      if (!worker->invocation->delivered) return deliver(worker, *worker->invocation);
      // It asks for more instead of answering: the request, or its answer, was lost on the way.
      unassign(*worker);
      begin_settling(worker);
      wind_up(worker);
      finish(std::exchange(worker->invocation, nullptr), worker_lost());
      return settle(worker);
    default:
      return;  // it has connected again, and still waits
  }
}

RuntimeReply Pools::respond(const std::string& id, std::string_view request_id, std::string body,
                            bool is_error) {
  Guard guard(*this);
  WorkerHandle worker = find(id);
  if (!worker) return {400, "InvalidRequestID", "Invalid request ID"};
  if (worker->state != State::busy || worker->invocation->work.request_id != request_id) {
    // What it has answered already is still its request, as long as it has no other. Our own
    // bootstraps say an answer again when they lost the connection: for them it is settled.
    const bool again = worker->state != State::busy && worker->report.request_id == request_id &&
                       is_custom_runtime(worker->pool->function->runtime);
    if (!again) return {400, "InvalidRequestID", "Invalid request ID"};
    return not_allowed(*worker, is_error ? "InvocationErrorResponse" : "InvocationResponse");
  }
  begin_settling(worker);
  unassign(*worker);
  answered(worker, std::move(body), is_error, is_error ? "error" : "", "");
  // Whoever waits has the answer before the log has its last lines.
  calls_.push_back([this, worker] {
    Guard later(*this);
    wind_up(worker);
  });
  return {};
}

// As AWS names the states that a runtime goes through.
RuntimeReply Pools::not_allowed(const Worker& worker, std::string_view to) {
  const char* from = "ResponseSent";
  if (worker.state == State::starting) from = worker.init_error.empty() ? "Started" : "InitError";
  if (worker.state == State::busy) from = "Running";
  if (worker.connection != 0) from = "Ready";
  return {403, "InvalidStateTransition",
          fmt::format("State transition from {} to {} failed for runtime. Error: State transition "
                      "is not allowed",
                      from, to)};
}

RuntimeReply Pools::refuse(const std::string& id, std::string_view request_id, std::string payload,
                           RuntimeReply reply) {
  RuntimeReply taken = respond(id, request_id, std::move(payload), true);
  return taken.status == 202 ? reply : taken;
}

RuntimeReply Pools::too_large(const std::string& id, std::string_view request_id) {
  return refuse(
      id, request_id, too_large_payload(),
      {413, "RequestEntityTooLarge",
       fmt::format("Exceeded maximum allowed payload size ({} bytes).", max_response_bytes)});
}

// The reader gets it without the lock, and before all that comes later on this thread.
PieceTaken Pools::piece(const std::string& id, std::string_view request_id, ConnectionId connection,
                        std::string_view content_type, std::string& bytes) {
  TakePiece on_piece;
  {
    Guard guard(*this);
    WorkerHandle worker = find(id);
    if (!worker || worker->state != State::busy) return PieceTaken::yes;
    Invocation& invocation = *worker->invocation;
    if (!invocation.work.on_piece || invocation.work.request_id != request_id) {
      return PieceTaken::yes;
    }
    invocation.streamed_bytes += bytes.size();
    if (invocation.streamed_bytes > max_streamed_bytes) return PieceTaken::too_much;
    on_piece = invocation.work.on_piece;
  }
  auto resume = [this, connection, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    reactor_.post([this, connection, alive] {
      if (!alive.expired()) endpoint_->resume(connection);
    });
  };
  AnswerPiece piece{std::exchange(bytes, {}), std::string(content_type)};
  return on_piece(std::move(piece), std::move(resume)) ? PieceTaken::yes : PieceTaken::wait;
}

RuntimeReply Pools::init_error(const std::string& id, std::string body) {
  Guard guard(*this);
  WorkerHandle worker = find(id);
  if (!worker) return {403, "InvalidStateTransition", "State transition is not allowed"};
  const bool loads =
      worker->state == State::starting || (worker->state == State::snapshot && !worker->taken);
  if (!loads || !worker->init_error.empty()) {
    return not_allowed(*worker, "InitError");
  }
  worker->init_error = std::move(body);
  return {};
}

}  // namespace perdure::executors
