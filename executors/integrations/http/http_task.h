#pragma once
// http:invoke: one HTTP request, in the name of an EventBridge connection.

#include <memory>

#include "executors/connections/authorization.h"
#include "executors/integrations/integration.h"

namespace perdure::executors {

// All outlive the integration.
struct HttpTaskParts {
  HttpCaller& http;
  Runner& runner;
  Connections& connections;
  Authorization& authorization;
  std::shared_ptr<const AddressPolicy> addresses;
  int64_t max_payload_bytes = 262'144;
};

std::unique_ptr<Integration> make_http_task(HttpTaskParts parts);

}  // namespace perdure::executors
