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

// What an attempt that ran has come to.
struct InvocationAttempt {
  bool failed = false;  // the payload is an error's
  std::string payload;  // what the function answered
  std::string executed_version;
};

// How a function wants its asynchronous invocations handled, as it is set at this moment. The
// defaults are AWS's.
struct InvocationPolicy {
  std::string function_arn;            // with its qualifier
  int64_t max_retries = 2;             // of a function that failed
  int64_t max_age_ms = 6 * 3'600'000;  // an older invocation is not tried any more
  bool stopped = false;                // its reserved concurrency is 0: nothing is tried
  // ARNs of those who get a record of an invocation that went well, that was given up; empty: none.
  std::string on_success;
  std::string on_failure;
  std::string dead_letter;  // ARN of the queue or topic for what was given up; empty: none
};

// Implemented by the function runtime. Safe from any thread.
class FunctionInvoker {
 public:
  virtual ~FunctionInvoker() = default;
  // `done` once, from any thread. A function that failed is tried again after one minute and after
  // two. An error says that it did not run: throttled, unavailable and internal ones are tried
  // again until the invocation is too old, which counts as no retry; any other ends it.
  virtual void invoke(AsyncInvocation invocation,
                      std::function<void(Result<InvocationAttempt>)> done) = 0;
  virtual InvocationPolicy policy(const AsyncInvocation& invocation) const {
    (void)invocation;
    return {};
  }
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
