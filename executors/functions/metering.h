#pragma once
// What the function calls of executions have cost: a line each in a log group of their account, so
// that it can be seen of one execution, or searched for many. Kept as logs are: the newest ones,
// and a crash may lose the last second's.

#include <string>

#include "base/json.h"
#include "engine/executor.h"
#include "engine/logs.h"
#include "executors/functions/pool/worker_log.h"

namespace perdure::executors {

inline constexpr const char* metering_group = "/perdure/metering";

// Which attempt's call it was.
struct MeteredCall {
  engine::Tenant tenant;
  std::string state_name;
  std::string function_arn;  // with its version
};

void write_metering(engine::Logs& logs, int64_t now_ms, const engine::AttemptId& attempt,
                    const MeteredCall& call, const InvocationReport& report);

// {"invocations": n, "billedMs", "gigabyteSeconds", "peakBytes", "byTier": {tier: n}, "calls":
// [...]} of one execution; the newest calls only if there are more than a thousand. A call is known
// shortly after its answer. Nothing: none is known.
Result<Json> read_metering(engine::Logs& logs, const engine::Tenant& tenant,
                           const engine::ActorKey& execution);

}  // namespace perdure::executors
