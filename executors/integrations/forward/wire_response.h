#pragma once
// A service's answer as a task sees it, by the service's model.

#include <string>

#include "base/net/http.h"
#include "executors/integrations/forward/service_model.h"
#include "executors/integrations/service_caller.h"

namespace perdure::executors {

struct WireAnswer {
  std::string request_id;
  std::string extended_request_id;  // of S3
  std::optional<ServiceError> error;
  std::string exception;         // of an error that the model names: its exception's shape
  Json output = Json::object();  // members as the SDK for Java names them
};

// Error: the answer is none that the protocol knows.
Result<WireAnswer> wire_answer(const ServiceModel& model, const std::string& operation,
                               const HttpResponse& response);

}  // namespace perdure::executors
