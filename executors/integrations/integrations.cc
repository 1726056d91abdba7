#include "executors/integrations/integrations.h"

#include "executors/integrations/forward/forward_task.h"
#include "executors/integrations/http/http_task.h"
#include "executors/integrations/sdk_task.h"
#include "executors/integrations/unconfigured.h"

namespace perdure::executors {

std::shared_ptr<const Integrations> make_integrations(const IntegrationParts& parts) {
  auto all = std::make_shared<Integrations>();
  const ForwardParts forward{parts.http, parts.runner, parts.clock, parts.settings,
                             parts.max_payload_bytes};
  all->push_back(make_forward_task(forward, true));
  all->push_back(make_plugin_task(forward, true));
  all->push_back(make_http_task({parts.http, parts.runner, parts.connections, parts.authorization,
                                 parts.addresses, parts.max_payload_bytes}));
  all->push_back(make_sdk_task(parts.services, parts.runner));
  all->push_back(make_forward_task(forward, false));
  all->push_back(make_plugin_task(forward, false));
  all->push_back(make_unconfigured());
  return all;
}

}  // namespace perdure::executors
