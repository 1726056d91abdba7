// Resource ARNs taken apart.

#include <array>
#include <utility>
#include <vector>

#include "asl/parse/parse.h"

namespace perdure::asl {
namespace {

// The first `count - 1` parts between colons and the rest.
std::vector<std::string_view> split(std::string_view text, size_t count) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < count) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) break;
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

TaskPattern pattern_of(std::string_view action) {
  if (action.ends_with(".sync") || action.ends_with(".sync:2")) return TaskPattern::sync;
  if (action.ends_with(".waitForTaskToken")) return TaskPattern::wait_for_task_token;
  return TaskPattern::request_response;
}

// "SERVICE:ACTION" or "aws-sdk:SERVICE:ACTION".
bool read_integration(std::string_view rest, TaskResource& resource) {
  const bool sdk = rest.starts_with("aws-sdk:");
  const size_t colon = rest.find(':', sdk ? 8 : 0);
  if (colon == std::string_view::npos || colon == 0) return false;
  resource.family = TaskResource::Family::integration;
  resource.service = std::string(rest.substr(0, colon));
  resource.action = std::string(rest.substr(colon + 1));
  resource.pattern = pattern_of(resource.action);
  return !resource.action.empty() && !resource.service.ends_with(':');
}

// "function:NAME[:QUALIFIER]" or "activity:NAME".
bool read_named(std::string_view rest, std::string_view kind, TaskResource& resource) {
  if (!rest.starts_with(kind) || rest.size() == kind.size()) return false;
  resource.family =
      kind == "activity:" ? TaskResource::Family::activity : TaskResource::Family::lambda_function;
  resource.action = std::string(rest.substr(kind.size()));
  return true;
}

}  // namespace

std::optional<TaskResource> parse_resource(std::string_view arn) {
  // arn:PARTITION:SERVICE:REGION:ACCOUNT:REST
  const std::vector<std::string_view> parts = split(arn, 6);
  if (parts.size() != 6 || parts[0] != "arn" || parts[1].empty()) return std::nullopt;
  TaskResource resource;
  resource.arn = std::string(arn);
  resource.region = std::string(parts[3]);
  resource.service = std::string(parts[2]);
  bool understood = false;
  if (parts[2] == "lambda") {
    understood = read_named(parts[5], "function:", resource);
  } else if (parts[2] == "states" && parts[5].starts_with("activity:")) {
    understood = read_named(parts[5], "activity:", resource);
  } else if (parts[2] == "states") {
    understood = read_integration(parts[5], resource);
  }
  if (!understood) return std::nullopt;
  return resource;
}

}  // namespace perdure::asl
