#include "engine/access.h"

#include <algorithm>

namespace perdure::engine {
namespace {

Error not_found(std::string name, std::string text) {
  return {ErrorKind::not_found, std::move(name), std::move(text)};
}

// Nothing of another region can be reached: to each service it does not exist.
Error not_in_region(const Tenant& caller, std::string_view action, const Arn& arn,
                    std::string_view resource) {
  const std::string quoted = "'" + std::string(resource) + "'";
  if (arn.service == "lambda") {
    return not_found("ResourceNotFoundException", "Functions from '" + arn.region +
                                                      "' are not reachable in this region ('" +
                                                      caller.region + "')");
  }
  if (arn.service == "logs") {
    return not_found("ResourceNotFoundException", "The specified log group does not exist.");
  }
  if (action.ends_with("TagResource") || action.ends_with("TagsForResource") ||
      action.ends_with("UntagResource")) {
    return not_found("ResourceNotFound", "Resource not found: " + quoted);
  }
  if (arn.rest.starts_with("stateMachine:")) {
    return not_found("StateMachineDoesNotExist", "State Machine Does Not Exist: " + quoted);
  }
  if (arn.rest.starts_with("execution:") || arn.rest.starts_with("express:")) {
    return not_found("ExecutionDoesNotExist", "Execution Does Not Exist: " + quoted);
  }
  if (arn.rest.starts_with("activity:")) {
    return not_found("ActivityDoesNotExist", "Activity Does Not Exist: " + quoted);
  }
  return not_found("ResourceNotFound", "Resource not found: " + quoted);
}

}  // namespace

std::string account_principal(const Tenant& tenant) {
  return "arn:aws:iam::" + tenant.account + ":root";
}

Error access_denied(std::string_view principal, std::string_view action,
                    std::string_view resource) {
  std::string text = "User: ";
  text.append(principal).append(" is not authorized to perform: ").append(action);
  text.append(" on resource: ").append(resource);
  text.append(" because no resource-based policy allows the ").append(action).append(" action");
  return {ErrorKind::denied, "AccessDeniedException", std::move(text)};
}

Result<> check_own(const Tenant& caller, std::string_view principal, std::string_view action,
                   std::string_view resource) {
  const Arn arn = parse_arn(resource);
  if (arn.service.empty()) return {};
  if (!arn.account.empty() && arn.account != caller.account) {
    return access_denied(principal, action, resource);
  }
  if (!arn.region.empty() && arn.region != caller.region) {
    return not_in_region(caller, action, arn, resource);
  }
  return {};
}

}  // namespace perdure::engine
