#pragma once
// Tasks of AWS services that are elsewhere: at AWS, or at an emulator. A route of the settings says
// where; models of the services say how they are spoken to.

#include <memory>

#include "base/clock.h"
#include "base/net/http_caller.h"
#include "base/runner.h"
#include "executors/integrations/integration.h"
#include "executors/integrations/settings.h"

namespace perdure::executors {

// All outlive the integration.
struct ForwardParts {
  HttpCaller& http;
  Runner& runner;
  const Clock& clock;
  const IntegrationSettings& settings;
  int64_t max_payload_bytes = 262'144;
};

// Routes that say `instead` come before what this server does itself, the others after it.
std::unique_ptr<Integration> make_forward_task(ForwardParts parts, bool instead);
// A plain HTTP service that does tasks (docs/integrations.md has its contract).
std::unique_ptr<Integration> make_plugin_task(ForwardParts parts, bool instead);

// "sqs:sendMessage.waitForTaskToken" as routes name it.
std::string route_name(const asl::TaskResource& resource);

}  // namespace perdure::executors
