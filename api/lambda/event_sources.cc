// Event source mappings. This server has no queues and no streams yet, so that every source is one
// that does not exist, which is refused as AWS refuses it, after everything else has been checked.

#include <algorithm>
#include <array>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

bool is_stream(std::string_view service) {
  constexpr std::array<std::string_view, 3> services = {"kinesis", "dynamodb", "kafka"};
  return std::find(services.begin(), services.end(), service) != services.end();
}

Result<> check_source(const Input& input, const std::string& service) {
  if (service == "sqs") {
    if (input.integer("BatchSize", 10) <= 10) return {};
    if (input.integer("MaximumBatchingWindowInSeconds") > 0) return {};
    return bad_parameter(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10");
  }
  if (!is_stream(service)) return bad_parameter("Unrecognized event source.");
  if (!input.has("StartingPosition")) {
    return bad_parameter(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
        "constraint: Member must not be null.");
  }
  if (service == "dynamodb" && input.text("StartingPosition") == "AT_TIMESTAMP") {
    return bad_parameter("Unsupported starting position for arn type: " +
                         input.text("EventSourceArn"));
  }
  return {};
}

Error no_source(const std::string& service, const std::string& arn) {
  if (service != "sqs") return bad_parameter("Stream not found: " + arn);
  return bad_parameter(
      "Error occurred while ReceiveMessage. SQS Error Code: "
      "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
      "exist.");
}

Result<Answer> create(const LambdaParts& parts, const Call& call) {
  const Input input = call.input();
  const std::string arn = input.text("EventSourceArn");
  const std::string service = engine::parse_arn(arn).service;
  PD_CHECK(check_source(input, service));
  PD_TRY(name, named_function(call));
  if (!parts.runtime.catalog().exists(name)) {
    return bad_parameter("Function not found: " + name.qualified_arn());
  }
  return no_source(service, arn);
}

Result<Answer> list(const LambdaParts& parts, const Call& call) {
  if (call.input().has("FunctionName")) {
    PD_TRY(name, named_function(call));
    if (!parts.runtime.catalog().exists(name)) {
      return executors::function_not_found(name.qualified_arn());
    }
  }
  return Answer(Json{{"EventSourceMappings", Json::array()}});
}

Result<Answer> none(const Call&) {
  return resource_not_found("The resource you requested does not exist.");
}

std::vector<Field> mapping_fields() {
  return {optional("Enabled", flag()),
          optional("BatchSize", integer(1, 10'000)),
          optional("MaximumBatchingWindowInSeconds", integer(0, 300)),
          optional("ParallelizationFactor", integer(1, 10)),
          optional("MaximumRecordAgeInSeconds", integer(-1, 604'800)),
          optional("BisectBatchOnFunctionError", flag()),
          optional("MaximumRetryAttempts", integer(-1, 10'000)),
          optional("TumblingWindowInSeconds", integer(0, 900)),
          optional("FunctionResponseTypes", list_of(one_of({"ReportBatchItemFailures"}), 0, 1)),
          optional("ScalingConfig", structure({optional("MaximumConcurrency", integer(2, 1'000))})),
          optional("FilterCriteria",
                   structure({optional(
                       "Filters", list_of(structure({optional("Pattern", text(0, 4'096))})))}))};
}

Shape create_shape() {
  std::vector<Field> fields = mapping_fields();
  fields.push_back(required("FunctionName", function_name_shape()));
  fields.push_back(optional("EventSourceArn", text(0, 10'000)));
  fields.push_back(
      optional("StartingPosition", one_of({"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"})));
  return structure(std::move(fields));
}

Shape update_shape() {
  std::vector<Field> fields = mapping_fields();
  fields.push_back(in_uri("UUID", text(1)));
  fields.push_back(optional("FunctionName", function_name_shape()));
  return structure(std::move(fields));
}

constexpr const char* all_path = "/2015-03-31/event-source-mappings";
constexpr const char* one_path = "/2015-03-31/event-source-mappings/{UUID}";

}  // namespace

std::vector<Operation> event_source_operations(const LambdaParts& parts) {
  const Shape one = structure({in_uri("UUID", text(1))});
  std::vector<Operation> rows = {
      {"CreateEventSourceMapping", create_shape(),
       at_once([parts](const Call& call) { return create(parts, call); }), "POST", all_path, 202},
      {"ListEventSourceMappings",
       structure({in_query("FunctionName", function_name_shape(), "FunctionName"),
                  in_query("EventSourceArn", text(), "EventSourceArn"),
                  in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 10'000), "MaxItems")}),
       at_once([parts](const Call& call) { return list(parts, call); }), "GET", all_path},
      {"GetEventSourceMapping", one, at_once(none), "GET", one_path},
      {"UpdateEventSourceMapping", update_shape(), at_once(none), "PUT", one_path, 202},
      {"DeleteEventSourceMapping", one, at_once(none), "DELETE", one_path, 202}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
