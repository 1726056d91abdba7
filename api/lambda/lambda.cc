#include "api/lambda/lambda.h"

#include <iterator>
#include <utility>

namespace perdure::api {

Error bad_parameter(std::string text) {
  return invalid("InvalidParameterValueException", std::move(text));
}

Error resource_not_found(std::string text) {
  return {ErrorKind::not_found, "ResourceNotFoundException", std::move(text)};
}

Shape function_name_shape() {
  return text(1, 256,
              "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?"
              "(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?");
}

Service lambda_service(const LambdaParts& parts) {
  Service service{"lambda", Protocol::rest_json, "2015-03-31", "", {}};
  for (auto* group :
       {&function_operations, &invoke_operations, &streamed_invoke_operations, &version_operations,
        &alias_operations, &limit_operations, &provisioned_operations, &function_tag_operations,
        &permission_operations, &layer_operations, &event_config_operations, &url_config_operations,
        &event_source_operations, &fixed_setting_operations}) {
    std::vector<Operation> rows = group(parts);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api
