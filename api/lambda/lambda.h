#pragma once
// Lambda: what its operations need, and their tables.

#include <functional>
#include <vector>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "executors/functions/function_runtime.h"

namespace perdure::api {

// Outlives the service.
struct LambdaParts {
  executors::FunctionRuntime& runtime;
  const Clock& clock;
  // Takes an Event invocation over: `done` comes once it is durable, with its request id. It has
  // passed check_invoke.
  std::function<void(executors::InvokeRequest, executors::Done<std::string>)> invoke_later;
  // The content of an object, at most so many bytes; null: there are none.
  std::function<Result<std::string>(const engine::Tenant& tenant, const std::string& bucket,
                                    const std::string& key, int64_t limit_bytes)>
      read_object{};
  int64_t account_concurrency = 1000;            // what reserved concurrency is taken from
  std::string url_authority = "localhost:4566";  // behind ID.lambda-url.REGION. in functions' URLs
};

Service lambda_service(const LambdaParts& parts);

std::vector<Operation> function_operations(const LambdaParts& parts);
std::vector<Operation> invoke_operations(const LambdaParts& parts);
std::vector<Operation> streamed_invoke_operations(const LambdaParts& parts);
std::vector<Operation> version_operations(const LambdaParts& parts);
std::vector<Operation> alias_operations(const LambdaParts& parts);
std::vector<Operation> limit_operations(const LambdaParts& parts);
std::vector<Operation> provisioned_operations(const LambdaParts& parts);
std::vector<Operation> function_tag_operations(const LambdaParts& parts);
std::vector<Operation> permission_operations(const LambdaParts& parts);
std::vector<Operation> layer_operations(const LambdaParts& parts);
std::vector<Operation> event_config_operations(const LambdaParts& parts);
std::vector<Operation> url_config_operations(const LambdaParts& parts);
std::vector<Operation> event_source_operations(const LambdaParts& parts);
std::vector<Operation> fixed_setting_operations(const LambdaParts& parts);

// The bytes of a zip archive: ZipFile, or an object of ours. `missing`: what is said if there is
// neither.
Result<std::string> read_package(const LambdaParts& parts, const engine::Tenant& tenant,
                                 const Json& code, const char* missing);

Error bad_parameter(std::string text);       // InvalidParameterValueException
Error resource_not_found(std::string text);  // ResourceNotFoundException
Error no_signing_config(const std::string& arn);
// The function's name, partial ARN or ARN, as the path or the body names it.
Shape function_name_shape();

}  // namespace perdure::api
