#pragma once
// Where records of asynchronous invocations go, beside functions (which get them as invocations of
// their own: engine/async_invocations.h). Another service is one file and one line in the assembly.

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/runner.h"
#include "engine/keys.h"
#include "engine/objects/objects.h"

namespace perdure::engine {

// A record on its way. The same one may be delivered twice around a crash; whoever can, takes it
// once, by the request id.
struct InvocationDelivery {
  Tenant tenant;
  std::string function_arn;  // with its qualifier
  std::string request_id;
  std::string destination;  // ARN
  int64_t ended_ms = 0;
  std::string record;  // JSON text
};

// `done` once, from any thread. unavailable and internal errors are tried again, any other drops
// the record.
using DeliverRecord =
    std::function<void(const InvocationDelivery& delivery, std::function<void(Result<>)> done)>;

// Writes records as objects: aws/lambda/async/FUNCTION/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID. Both
// outlive it; `runner` may block.
DeliverRecord records_into_buckets(Objects& objects, Runner& runner);
std::string record_key(const InvocationDelivery& delivery);

}  // namespace perdure::engine
