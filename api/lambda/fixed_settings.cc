// Settings that have one value on this server: which runtime version runs a function, what happens
// to loops, who has signed the code. Tools read them; another value is refused.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

Result<executors::FunctionName> existing_function(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, named_function(call));
  PD_CHECK(parts.runtime.catalog().find(name));
  return name;
}

Result<Answer> runtime_management(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, existing_function(parts, call));
  const std::string mode = call.input().text("UpdateRuntimeOn");
  if (!mode.empty() && mode != "Auto") {
    return bad_parameter(
        "Runtimes are those that are installed on this machine: UpdateRuntimeOn is always Auto");
  }
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  return Answer(Json{{"UpdateRuntimeOn", "Auto"},
                     {"FunctionArn", name.qualified_arn()},
                     {"RuntimeVersionArn", nullptr}});
}

Result<Answer> recursion(const LambdaParts& parts, const Call& call) {
  PD_CHECK(existing_function(parts, call));
  if (call.input().text("RecursiveLoop") == "Terminate") {
    return bad_parameter("Recursive loops are not detected here: RecursiveLoop is always Allow");
  }
  return Answer(Json{{"RecursiveLoop", "Allow"}});
}

Result<Answer> code_signing(const LambdaParts& parts, const Call& call) {
  PD_CHECK(existing_function(parts, call));
  return Answer();
}

Result<Answer> unknown_signing_config(const Call& call) {
  return no_signing_config(call.input().text("CodeSigningConfigArn"));
}

std::vector<Operation> signing_operations(const LambdaParts& parts) {
  const Field function = in_uri("FunctionName", function_name_shape());
  const Shape config = structure({in_uri("CodeSigningConfigArn", text(0, 200))});
  const std::string of_function = "/2020-06-30/functions/{FunctionName}/code-signing-config";
  const std::string all = "/2020-04-22/code-signing-configs";
  const std::string one = all + "/{CodeSigningConfigArn}";
  return {{"GetFunctionCodeSigningConfig", structure({function}),
           at_once([parts](const Call& call) { return code_signing(parts, call); }), "GET",
           of_function},
          {"DeleteFunctionCodeSigningConfig", structure({function}),
           at_once([parts](const Call& call) { return code_signing(parts, call); }), "DELETE",
           of_function, 204},
          {"PutFunctionCodeSigningConfig",
           structure({function, required("CodeSigningConfigArn", text(0, 200))}),
           at_once(unknown_signing_config), "PUT", of_function},
          {"ListCodeSigningConfigs", structure({}), at_once([](const Call&) -> Result<Answer> {
             return Answer(Json{{"CodeSigningConfigs", Json::array()}});
           }),
           "GET", all},
          {"GetCodeSigningConfig", config, at_once(unknown_signing_config), "GET", one},
          {"UpdateCodeSigningConfig", config, at_once(unknown_signing_config), "PUT", one},
          {"DeleteCodeSigningConfig", config, at_once(unknown_signing_config), "DELETE", one},
          {"ListFunctionsByCodeSigningConfig", config, at_once(unknown_signing_config), "GET",
           one + "/functions"}};
}

}  // namespace

Error no_signing_config(const std::string& arn) {
  return {ErrorKind::not_found, "CodeSigningConfigNotFoundException",
          "The code signing configuration does not exist: " + arn};
}

std::vector<Operation> fixed_setting_operations(const LambdaParts& parts) {
  const Field function = in_uri("FunctionName", function_name_shape());
  const Field qualifier = in_query("Qualifier", text(1, 128), "Qualifier");
  const auto management =
      at_once([parts](const Call& call) { return runtime_management(parts, call); });
  const auto loops = at_once([parts](const Call& call) { return recursion(parts, call); });
  const std::string management_path =
      "/2021-07-20/functions/{FunctionName}/runtime-management-config";
  const std::string loops_path = "/2024-08-31/functions/{FunctionName}/recursion-config";
  std::vector<Operation> rows = signing_operations(parts);
  rows.push_back({"GetRuntimeManagementConfig", structure({function, qualifier}), management, "GET",
                  management_path});
  rows.push_back(
      {"PutRuntimeManagementConfig",
       structure({function, qualifier,
                  required("UpdateRuntimeOn", one_of({"Auto", "Manual", "FunctionUpdate"})),
                  optional("RuntimeVersionArn", text())}),
       management, "PUT", management_path});
  rows.push_back({"GetFunctionRecursionConfig", structure({function}), loops, "GET", loops_path});
  rows.push_back({"PutFunctionRecursionConfig",
                  structure({function, required("RecursiveLoop", one_of({"Allow", "Terminate"}))}),
                  loops, "PUT", loops_path});
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
