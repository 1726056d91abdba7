// Published versions.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionConfiguration;

void publish(executors::FunctionRuntime& runtime, const Call& call, Done done) {
  const Input input = call.input();
  executors::PublishVersion request;
  request.description = input.maybe_text("Description");
  request.code_sha256 = input.maybe_text("CodeSha256");
  request.expected_revision_id = input.maybe_text("RevisionId");
  runtime.publish(call.tenant, std::string(input.text("FunctionName")), std::move(request),
                  [&runtime, done = std::move(done)](Result<FunctionConfiguration> version) {
                    if (!version) return done(version.error());
                    done(Answer(configuration_json(runtime, *version)));
                  });
}

Result<Answer> list(executors::FunctionRuntime& runtime, const Call& call) {
  PD_TRY(name, named_function(call));
  name.qualifier.clear();
  PD_TRY(function, runtime.catalog().find(name));
  std::vector<Listed> listed = {
      {function->name, configuration_json(runtime, *function, "$LATEST")}};
  for (const FunctionConfiguration& version : runtime.catalog().versions(*function)) {
    listed.push_back({version_place(version), configuration_json(runtime, version)});
  }
  return page_of("ListVersionsByFunction", "Versions", std::move(listed), call);
}

constexpr const char* path = "/2015-03-31/functions/{FunctionName}/versions";

}  // namespace

std::vector<Operation> version_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  std::vector<Operation> rows = {
      {"PublishVersion",
       structure({in_uri("FunctionName", function_name_shape()), optional("CodeSha256", text()),
                  optional("Description", text(0, 256)), optional("RevisionId", text())}),
       [&runtime](const auto& call, Done done) { publish(runtime, *call, std::move(done)); },
       "POST", path, 201},
      {"ListVersionsByFunction",
       structure({in_uri("FunctionName", function_name_shape()),
                  in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 10'000), "MaxItems")}),
       at_once([&runtime](const Call& call) { return list(runtime, call); }), "GET", path}};
  rows[0].closed_to_functions = true;
  return rows;
}

}  // namespace perdure::api
