// Fields without which an optimized integration cannot be called; AWS refuses a definition that
// leaves them out. Services that are not in the table are not checked.

#include <array>
#include <string>

#include "asl/parse/state_readers.h"

namespace perdure::asl {
namespace {

struct RequiredParameter {
  std::string_view service;
  std::string_view action;  // without the pattern
  std::string_view field;
};

constexpr std::array required_parameters = {
    RequiredParameter{"lambda", "invoke", "FunctionName"},
    RequiredParameter{"states", "startExecution", "StateMachineArn"},
    RequiredParameter{"sqs", "sendMessage", "QueueUrl"},
    RequiredParameter{"sqs", "sendMessage", "MessageBody"},
    RequiredParameter{"sns", "publish", "Message"},
    RequiredParameter{"events", "putEvents", "Entries"},
    RequiredParameter{"dynamodb", "getItem", "TableName"},
    RequiredParameter{"dynamodb", "getItem", "Key"},
    RequiredParameter{"dynamodb", "putItem", "TableName"},
    RequiredParameter{"dynamodb", "putItem", "Item"},
};

std::string_view without_pattern(std::string_view action) {
  return action.substr(0, action.find('.'));
}

bool has_parameter(const Value& parameters, std::string_view field) {
  return parameters.get(field).defined() || parameters.get(std::string(field) + ".$").defined();
}

}  // namespace

void check_integration(const TaskResource& resource, const ObjectReader& task) {
  if (resource.family != TaskResource::Family::integration) return;
  const std::string_view field = task.jsonata() ? "Arguments" : "Parameters";
  const Value parameters = task.get(field);
  for (const RequiredParameter& required : required_parameters) {
    if (required.service != resource.service) continue;
    if (required.action != without_pattern(resource.action)) continue;
    if (!parameters.defined()) {
      task.diagnostics().schema(
          std::string(field) + " field is required for resource ARN: " + resource.arn,
          task.location());
      return;
    }
    if (parameters.is(Kind::object) && !has_parameter(parameters, required.field)) {
      task.diagnostics().schema(
          "The field '" + std::string(required.field) + "' is required but was missing",
          task.location(field));
    }
  }
}

}  // namespace perdure::asl
