#pragma once
// Everything put together: store, engine, functions and faces of one server process. `main` makes
// one; so do the tests, on port 0.

#include <cstdint>
#include <memory>
#include <string>

#include "api/http/guard.h"
#include "api/http/router.h"
#include "base/result.h"
#include "engine/assembly.h"
#include "executors/functions/function_runtime.h"
#include "executors/integrations/settings.h"

namespace perdure::api {

struct ServerOptions {
  std::string data_folder;
  std::string host = "127.0.0.1";  // a loopback address; port 0 picks one
  uint16_t port = 4566;
  int http_threads = 2;
  int shard_threads = 0;   // 0: one for each core
  int busy_poll_us = 300;  // threads look for news so long before they sleep; see base/busy_poll.h
  GuardSettings guard;
  BodyLimits bodies;
  engine::EngineLimits engine;
  // What the process may use; bodies and executions in memory are bounded by parts of it.
  int64_t memory_bytes = INT64_MAX;
  bool aws_throttling = false;  // AWS's token buckets for calls of Step Functions
  executors::IntegrationSettings integrations;
  executors::FunctionOptions functions;  // data_folder and endpoint_url are filled in
};

class Server {
 public:
  virtual ~Server() = default;  // stop(0) if it has not been stopped

  virtual uint16_t port() const = 0;
  virtual engine::Engine& engine() = 0;
  // What functions run in, in a sentence: "Sandbox B; not A: it needs root".
  virtual std::string sandbox() const = 0;
  // Answers 503 on /health/ready, lets what runs finish for at most `grace_ms`, then ends all
  // threads. What is still open goes on after the next start.
  virtual void stop(int grace_ms) = 0;
};

// Returns once the server takes requests. Errors are for people to read: another process holds the
// folder, the port is taken, the address is no loopback address.
Result<std::unique_ptr<Server>> start_server(ServerOptions options);

}  // namespace perdure::api
