// How asynchronous invocations of a function, a version or an alias are retried, and who hears of
// their ends.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "base/clock.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionCatalog;
using executors::FunctionName;

Error no_config(const FunctionName& name) {
  return resource_not_found("The function " + name.qualified_arn() +
                            " doesn't have an EventInvokeConfig");
}

Result<FunctionName> configured_function(const Call& call) {
  PD_TRY(name, named_function(call));
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  return name;
}

// A function must exist and be another one; other services are believed.
Result<> check_destination(const FunctionCatalog& catalog, const FunctionName& function,
                           const std::string& arn, bool success) {
  const std::string service = engine::parse_arn(arn).service;
  const Error wrong = bad_parameter("The destination ARN " + arn + " is invalid.");
  if (service == "sqs" || service == "sns" || service == "events") return {};
  if (service == "s3" && !success) return {};
  if (service != "lambda") return wrong;
  const auto name = executors::parse_function_name(function.tenant, arn);
  if (!name || !catalog.exists({name->tenant, name->name, ""})) return wrong;
  if (name->name == function.name) {
    return bad_parameter("You can't specify the function as a destination for itself.");
  }
  return {};
}

Result<Json> read_destinations(const FunctionCatalog& catalog, const FunctionName& function,
                               const Json& given) {
  Json read = Json::object();
  for (const char* member : {"OnSuccess", "OnFailure"}) {
    read[member] = Json::object();
    const Json* side = Input(given).find(member);
    const std::string arn = side != nullptr ? Input(*side).text("Destination") : "";
    if (arn.empty()) continue;
    PD_CHECK(check_destination(catalog, function, arn, member == std::string_view("OnSuccess")));
    read[member]["Destination"] = arn;
  }
  return read;
}

// What the call sets, on top of `config`.
Result<Json> with_given(const FunctionCatalog& catalog, const FunctionName& function, Json config,
                        const Call& call, const Clock& clock) {
  for (const char* member : {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}) {
    if (const Json* value = call.input().find(member)) config[member] = *value;
  }
  if (const Json* given = call.input().find("DestinationConfig")) {
    PD_TRY(destinations, read_destinations(catalog, function, *given));
    config["DestinationConfig"] = std::move(destinations);
  }
  config["modified_ms"] = clock.now_ms();
  return config;
}

Json config_json(const FunctionName& name, Json config) {
  config["LastModified"] = seconds(config.value("modified_ms", int64_t{0}));
  config.erase("modified_ms");
  config["FunctionArn"] = name.qualified_arn();
  if (!config.contains("DestinationConfig")) {
    config["DestinationConfig"] = {{"OnSuccess", Json::object()}, {"OnFailure", Json::object()}};
  }
  return config;
}

void save(FunctionCatalog& catalog, const FunctionName& name, const Json& config,
          const Done& done) {
  catalog.event_configs().put(name, config, false, [name, config, done](Result<bool> stored) {
    if (!stored) return done(stored.error());
    done(Answer(config_json(name, config)));
  });
}

void put(FunctionCatalog& catalog, const Clock& clock, const Call& call, const Done& done) {
  const Input input = call.input();
  if (!input.has("MaximumRetryAttempts") && !input.has("MaximumEventAgeInSeconds") &&
      !input.has("DestinationConfig")) {
    return done(
        bad_parameter("You must specify at least one of error handling or destination setting."));
  }
  const auto name = configured_function(call);
  if (!name) return done(name.error());
  if (!catalog.exists(*name)) return done(resource_not_found("The function doesn't exist."));
  const auto config = with_given(catalog, *name, Json::object(), call, clock);
  if (!config) return done(config.error());
  save(catalog, *name, *config, done);
}

void update(FunctionCatalog& catalog, const Clock& clock, const Call& call, const Done& done) {
  const auto name = configured_function(call);
  if (!name) return done(name.error());
  auto before = catalog.event_configs().find(*name);
  if (!before) return done(no_config(*name));
  const auto config = with_given(catalog, *name, std::move(*before), call, clock);
  if (!config) return done(config.error());
  save(catalog, *name, *config, done);
}

Result<Answer> get(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, configured_function(call));
  auto config = catalog.event_configs().find(name);
  if (!config) return no_config(name);
  return Answer(config_json(name, std::move(*config)));
}

void remove(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = configured_function(call);
  if (!name) return done(name.error());
  if (!catalog.exists({name->tenant, name->name, ""})) {
    return done(resource_not_found("The function doesn't exist."));
  }
  if (!catalog.event_configs().find(*name)) return done(no_config(*name));
  catalog.event_configs().remove(*name, without_content(std::move(done)));
}

Result<Answer> list(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, named_function(call));
  name.qualifier.clear();
  if (!catalog.exists(name)) return resource_not_found("The function doesn't exist.");
  std::vector<Listed> listed;
  for (auto& [qualifier, config] : catalog.event_configs().list(name)) {
    const FunctionName each{name.tenant, name.name, qualifier};
    listed.push_back({qualifier, config_json(each, std::move(config))});
  }
  return page_of("ListFunctionEventInvokeConfigs", "FunctionEventInvokeConfigs", std::move(listed),
                 call);
}

Shape destination_shape() {
  const Shape arn = text(0, 350,
                         "$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-"
                         "Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:"
                         "(\\d{12})?:(.*)");
  return structure({optional("Destination", arn)});
}

Shape config_shape() {
  return structure(
      {in_uri("FunctionName", function_name_shape()),
       in_query("Qualifier", text(1, 128), "Qualifier"),
       optional("MaximumRetryAttempts", integer(0, 2)),
       optional("MaximumEventAgeInSeconds", integer(60, 21'600)),
       optional("DestinationConfig", structure({optional("OnSuccess", destination_shape()),
                                                optional("OnFailure", destination_shape())}))});
}

Shape one_config() {
  return structure({in_uri("FunctionName", function_name_shape()),
                    in_query("Qualifier", text(1, 128), "Qualifier")});
}

constexpr const char* path = "/2019-09-25/functions/{FunctionName}/event-invoke-config";

}  // namespace

std::vector<Operation> event_config_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  const Clock& clock = parts.clock;
  std::vector<Operation> rows = {
      {"PutFunctionEventInvokeConfig", config_shape(),
       [&runtime, &clock](const auto& call, const Done& done) {
         put(runtime.catalog(), clock, *call, done);
       },
       "PUT", path},
      {"UpdateFunctionEventInvokeConfig", config_shape(),
       [&runtime, &clock](const auto& call, const Done& done) {
         update(runtime.catalog(), clock, *call, done);
       },
       "POST", path},
      {"GetFunctionEventInvokeConfig", one_config(),
       at_once([&runtime](const Call& call) { return get(runtime.catalog(), call); }), "GET", path},
      {"DeleteFunctionEventInvokeConfig", one_config(),
       [&runtime](const auto& call, Done done) {
         remove(runtime.catalog(), *call, std::move(done));
       },
       "DELETE", path, 204},
      {"ListFunctionEventInvokeConfigs",
       structure({in_uri("FunctionName", function_name_shape()),
                  in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 50), "MaxItems")}),
       at_once([&runtime](const Call& call) { return list(runtime.catalog(), call); }), "GET",
       std::string(path) + "/list"}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
