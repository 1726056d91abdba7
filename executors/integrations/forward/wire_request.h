#pragma once
// A task's parameters as a request in a service's own protocol, by the service's model.

#include <string>

#include "base/net/http_caller.h"
#include "executors/integrations/forward/service_model.h"

namespace perdure::executors {

// The request, neither signed nor bounded. `endpoint` is the service's URL. Members that the model
// does not know are left out; what is no text where one is wanted goes as JSON. Errors: invalid,
// for what cannot be sent.
Result<OutgoingRequest> wire_request(const ServiceModel& model, const std::string& operation,
                                     const Json& parameters, const HttpUrl& endpoint);

}  // namespace perdure::executors
