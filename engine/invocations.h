#pragma once
// Asynchronous invocations of functions (InvocationType Event): durable before they are
// acknowledged, tried again after a crash or a failure.

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

struct AsyncInvocation {
  Tenant tenant;
  std::string function;    // name or ARN, with or without qualifier
  std::string payload;     // JSON text
  std::string request_id;  // the same for every attempt; empty: a new one
  std::string trace_header;
  int64_t attempt = 0;  // attempts before this one
};

// Implemented by the function runtime. Safe from any thread.
class FunctionInvoker {
 public:
  virtual ~FunctionInvoker() = default;
  // `done` once, from any thread: true if the function returned, false if it failed (it is tried
  // again after one and after two minutes). An error says that it did not run: not_found ends the
  // invocation, anything else is tried again for up to six hours, which does not count.
  virtual void invoke(AsyncInvocation invocation, std::function<void(Result<bool>)> done) = 0;
};

// Safe from any thread.
class Invocations {
 public:
  virtual ~Invocations() = default;
  // Before Assembly::start; the invoker outlives the engine's threads.
  virtual void set_invoker(FunctionInvoker& invoker) = 0;
  // `done` gets the request id once the invocation is durable. unavailable: the disk is full.
  virtual void invoke_async(AsyncInvocation invocation,
                            std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace perdure::engine
