// Provisioned concurrency: workers that are kept for a version, or for what an alias names.

#include <algorithm>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "base/time.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionConfiguration;
using executors::FunctionRuntime;
using executors::ProvisionedConcurrency;

Json state_json(const executors::ProvisionState& state, const ProvisionedConcurrency& wanted) {
  const int64_t ready = std::min<int64_t>(state.ready, wanted.count);
  const bool failed = !state.error.empty();
  Json json = {{"RequestedProvisionedConcurrentExecutions", wanted.count},
               {"AvailableProvisionedConcurrentExecutions", ready},
               {"AllocatedProvisionedConcurrentExecutions", ready},
               {"Status", failed                 ? "FAILED"
                          : ready < wanted.count ? "IN_PROGRESS"
                                                 : "READY"},
               {"LastModified", iso8601_ms(wanted.modified_ms).substr(0, 19) + "+0000"}};
  if (failed) json["StatusReason"] = state.error;
  return json;
}

void put(FunctionRuntime& runtime, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  runtime.catalog().provision(
      *name, call.input().integer("ProvisionedConcurrentExecutions"),
      [&runtime, name = *name, done = std::move(done)](Result<FunctionConfiguration> latest) {
        if (!latest) return done(latest.error());
        runtime.reprovision(name.tenant, name.name);
        // As on AWS: whatever was there already, these are only about to start.
        done(Answer(state_json({}, latest->provisioned[name.qualifier])));
      });
}

void remove(FunctionRuntime& runtime, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  runtime.catalog().unprovision(
      *name, [&runtime, name = *name,
              done = without_content(std::move(done))](Result<FunctionConfiguration> latest) {
        if (!latest) return done(latest.error());
        runtime.reprovision(name.tenant, name.name);
        done(true);
      });
}

Result<Answer> list(FunctionRuntime& runtime, const Call& call) {
  PD_TRY(name, named_function(call));
  PD_TRY(latest, runtime.catalog().find({name.tenant, name.name, ""}));
  std::vector<Listed> listed;
  for (const auto& [qualifier, wanted] : latest->provisioned) {
    const auto version = runtime.catalog().find({name.tenant, name.name, qualifier});
    if (!version) continue;
    Json json = state_json(runtime.provisioned(**version), wanted);
    json["FunctionArn"] = latest->arn + ":" + qualifier;
    listed.emplace_back(qualifier, std::move(json));
  }
  return page_of("ListProvisionedConcurrencyConfigs", "ProvisionedConcurrencyConfigs",
                 std::move(listed), call);
}

// AWS has two operations at this path: the other one comes with ?List=ALL.
Result<Answer> get(FunctionRuntime& runtime, const Call& call) {
  if (call.input().text("List") == "ALL") return list(runtime, call);
  PD_TRY(name, named_function(call));
  PD_TRY(version, runtime.catalog().find(name));
  PD_TRY(latest, runtime.catalog().find({name.tenant, name.name, ""}));
  const auto wanted = latest->provisioned.find(name.qualifier);
  if (wanted == latest->provisioned.end()) {
    return Error{ErrorKind::not_found, "ProvisionedConcurrencyConfigNotFoundException",
                 "No Provisioned Concurrency Config found for this function"};
  }
  return Answer(state_json(runtime.provisioned(*version), wanted->second));
}

constexpr const char* path = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency";

Field qualifier_field() {
  return in_query("Qualifier", text(1, 128, "[a-zA-Z0-9$_-]+"), "Qualifier");
}

}  // namespace

std::vector<Operation> provisioned_operations(const LambdaParts& parts) {
  FunctionRuntime& runtime = parts.runtime;
  const Field function = in_uri("FunctionName", function_name_shape());
  std::vector<Operation> rows = {
      {"PutProvisionedConcurrencyConfig",
       structure(
           {function, qualifier_field(), required("ProvisionedConcurrentExecutions", integer(1))}),
       [&runtime](const auto& call, Done done) { put(runtime, *call, std::move(done)); }, "PUT",
       path, 202},
      {"DeleteProvisionedConcurrencyConfig", structure({function, qualifier_field()}),
       [&runtime](const auto& call, Done done) { remove(runtime, *call, std::move(done)); },
       "DELETE", path, 204},
      {"GetProvisionedConcurrencyConfig",
       structure({function, qualifier_field(), in_query("List", text(), "List"),
                  in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 50), "MaxItems")}),
       at_once([&runtime](const Call& call) { return get(runtime, call); }), "GET", path}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
