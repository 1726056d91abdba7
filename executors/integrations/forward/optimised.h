#pragma once
// Optimised integrations of services that are called elsewhere: how Step Functions names them, what
// it adds to their calls, how it tells their answers. The first four rows are recorded; the names
// of the others follow the SDK for Java of version 1, which Step Functions uses for them.

#include <string>
#include <string_view>

#include "engine/executor.h"
#include "executors/integrations/forward/wire_response.h"

namespace perdure::executors {

struct OptimisedService {
  std::string_view service;    // as ARNs say it: "events"
  std::string_view sdk;        // the name of its model: "eventbridge"
  std::string_view prefix;     // of errors: "EventBridge"
  std::string_view cause;      // in their causes: "AmazonEventBridge"
  std::string_view exception;  // the general one: "AmazonEventBridgeException"
  bool plain = false;          // its result has no SdkHttpMetadata
};

const OptimisedService* optimised_service(std::string_view service);  // null: none of them

// What Step Functions adds: to events the execution as a resource.
void add_to_parameters(const engine::TaskRequest& request, Json& parameters);

// The result with the SDK's metadata; for putEvents an error where an entry was refused.
engine::TaskAnswer optimised_answer(const OptimisedService& service, const WireAnswer& answer,
                                    const HttpResponse& response);
engine::answer::Failed optimised_failure(const OptimisedService& service, const WireAnswer& answer);

}  // namespace perdure::executors
