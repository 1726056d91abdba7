#pragma once
// EventBridge: what its operations need, and their tables. Connections today; buses and rules join
// as tables of their own.

#include <functional>
#include <memory>
#include <vector>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "executors/connections/connections.h"

namespace perdure::api {

// All outlive the service.
struct EventsParts {
  executors::Connections& connections;
  const Clock& clock;
  std::function<std::string()> new_id;  // a UUID; any thread
  // Begins to authorize a connection by OAuth; its state tells how that ended. Any thread.
  std::function<void(executors::Connection)> authorize;
};

Service events_service(const EventsParts& parts);

std::vector<Operation> connection_operations(const EventsParts& parts);

}  // namespace perdure::api
