#pragma once
// aws-sdk:SERVICE:ACTION for the services that this server has.

#include <memory>

#include "base/runner.h"
#include "executors/integrations/integration.h"
#include "executors/integrations/service_caller.h"

namespace perdure::executors {

// The arguments outlive it. Answers come back on the runner.
std::unique_ptr<Integration> make_sdk_task(ServiceCaller& services, Runner& runner);

// "startExecution.waitForTaskToken" -> "startExecution"
std::string_view action_without_pattern(std::string_view action);
// How an SDK for Java of version 2 tells a refusal: "Sfn.InvalidTokenException", "... (Service:
// Sfn, Status Code: 400, Request ID: ...) (SDK Attempt Count: 1)".
engine::answer::Failed sdk_failure(const std::string& service, const ServiceError& error,
                                   const std::string& request_id,
                                   const std::string& extended_request_id = "");

}  // namespace perdure::executors
