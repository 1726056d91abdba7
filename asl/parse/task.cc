#include <algorithm>
#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr Range<int64_t> timeout_range{1, 99'999'999};

// Optimized integrations that never offer a pattern; what we do not know is let through.
constexpr std::array<std::string_view, 6> never_sync = {"lambda",   "sns",    "sqs",
                                                        "dynamodb", "events", "apigateway"};
constexpr std::array<std::string_view, 11> never_token = {
    "athena", "batch",    "codebuild",    "elasticmapreduce", "emr-containers", "emr-serverless",
    "glue",   "databrew", "mediaconvert", "sagemaker",        "dynamodb"};

template <size_t n>
bool contains(const std::array<std::string_view, n>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool offers_pattern(const TaskResource& resource) {
  if (resource.family != TaskResource::Family::integration) return true;
  const bool sdk = resource.service.starts_with("aws-sdk:");
  if (resource.pattern == TaskPattern::sync) {
    if (resource.action.ends_with(".sync:2") && resource.service != "states") return false;
    return !sdk && !contains(never_sync, resource.service);
  }
  return resource.pattern != TaskPattern::wait_for_task_token ||
         !contains(never_token, resource.service);
}

void check_express(const ObjectReader& state, const TaskResource& resource) {
  const Location at = state.location("Resource");
  if (resource.family == TaskResource::Family::activity) {
    state.diagnostics().schema("Express state machine does not support Activity ARN", at);
  } else if (resource.pattern == TaskPattern::sync) {
    state.diagnostics().schema("Express state machine does not support '.sync' service integration",
                               at);
  } else if (resource.pattern == TaskPattern::wait_for_task_token) {
    // The space at the end is AWS's.
    state.diagnostics().schema(
        "Express state machine does not support '.waitForTaskToken' service integration ", at);
  }
}

TaskResource read_resource(StateScope& scope) {
  const ObjectReader& state = scope.fields;
  state.require("Resource");
  const std::optional<std::string> arn = state.text("Resource");
  if (!arn) return {};
  const std::optional<TaskResource> resource = parse_resource(*arn);
  if (!resource) {
    state.diagnostics().schema("Value is not a valid resource ARN", state.location("Resource"));
    return {.arn = *arn};
  }
  if (!offers_pattern(*resource)) {
    state.diagnostics().schema("The resource provided " + *arn +
                                   " is not recognized. The value is not a valid resource ARN, or "
                                   "the resource is not available in this region.",
                               state.location("Resource"));
  }
  if (scope.context().machine_type == MachineType::express) check_express(state, *resource);
  return *resource;
}

std::optional<Fillable> read_credentials(const ObjectReader& state, const TaskResource& resource) {
  const std::optional<ObjectReader> credentials = state.object("Credentials");
  if (!credentials) return std::nullopt;
  if (!credentials->has("RoleArn") && !credentials->has("RoleArn.$")) {
    state.diagnostics().schema("The field 'RoleArn' is required but was missing",
                               credentials->location());
  }
  if (resource.family == TaskResource::Family::activity) {
    state.diagnostics().schema("The field 'Credentials' is not supported for activities",
                               credentials->location());
  }
  if (state.jsonata()) credentials->text("RoleArn");
  return read_fillable(state, "Credentials");
}

// Of two numbers written down; paths can only be compared when they are followed.
void check_heartbeat(const ObjectReader& state, const TaskState& task) {
  const auto& heartbeat = task.heartbeat.seconds;
  const auto& timeout = task.timeout.seconds;
  if (!heartbeat || !timeout || *heartbeat < *timeout) return;
  state.diagnostics().schema("HeartbeatSeconds must be smaller than TimeoutSeconds",
                             state.location("HeartbeatSeconds"));
}

}  // namespace

TaskState read_task(StateScope& scope) {
  const ObjectReader& state = scope.fields;
  TaskState task;
  task.resource = read_resource(scope);
  task.timeout = read_seconds(state, "TimeoutSeconds", "TimeoutSecondsPath", timeout_range);
  task.heartbeat = read_seconds(state, "HeartbeatSeconds", "HeartbeatSecondsPath", timeout_range);
  check_heartbeat(state, task);
  task.credentials = read_credentials(state, task.resource);
  check_integration(task.resource, state);
  read_retry_and_catch(scope, task.fields);
  task.fields.arguments = read_query(state, "Arguments");
  if (state.jsonata()) return task;
  task.fields.parameters = read_template(state, "Parameters");
  task.fields.result_selector = read_template(state, "ResultSelector");
  task.fields.result_path = read_path_or_null(state, "ResultPath", reference_path_or_null);
  return task;
}

}  // namespace perdure::asl
