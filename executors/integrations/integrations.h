#pragma once
// All integrations, put together from what `main` gives.

#include <memory>

#include "executors/connections/authorization.h"
#include "executors/integrations/integration_executor.h"
#include "executors/integrations/service_caller.h"
#include "executors/integrations/settings.h"

namespace perdure::executors {

// All outlive the integrations.
struct IntegrationParts {
  const Clock& clock;
  Runner& runner;  // theirs alone
  HttpCaller& http;
  Connections& connections;
  Authorization& authorization;
  ServiceCaller& services;
  const IntegrationSettings& settings;
  std::shared_ptr<const AddressPolicy> addresses;  // of settings.reach
  int64_t max_payload_bytes = 262'144;
};

std::shared_ptr<const Integrations> make_integrations(const IntegrationParts& parts);

}  // namespace perdure::executors
