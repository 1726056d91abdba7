// URLs of functions and aliases.

#include <memory>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "base/time.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionCatalog;
using executors::FunctionName;

Error no_url() { return resource_not_found("The resource you requested does not exist."); }

std::string url_of(const LambdaParts& parts, const FunctionName& name, const Json& settings) {
  return "http://" + executors::function_url_id(name, settings) + ".lambda-url." +
         name.tenant.region + "." + parts.url_authority + "/";
}

Json url_json(const LambdaParts& parts, FunctionName name, const Json& settings) {
  if (name.qualifier == "$LATEST") name.qualifier.clear();
  Json json = {{"FunctionUrl", url_of(parts, name, settings)},
               {"FunctionArn", name.qualified_arn()},
               {"AuthType", settings.at("AuthType")},
               {"InvokeMode", settings.value("InvokeMode", "BUFFERED")},
               {"CreationTime", iso8601_ms(settings.at("created_ms").get<int64_t>())},
               {"LastModifiedTime", iso8601_ms(settings.at("modified_ms").get<int64_t>())}};
  if (settings.contains("Cors")) json["Cors"] = settings.at("Cors");
  return json;
}

void save(const LambdaParts& parts, const FunctionName& name, Json settings, bool create,
          const Done& done) {
  // The callback shows what is stored, an id included.
  const auto stored_as = std::make_shared<Json>(std::move(settings));
  parts.runtime.catalog().urls().put(
      name, *stored_as, create, [parts, name, stored_as, create, done](Result<bool> stored) {
        if (stored) {
          Json json = url_json(parts, name, *stored_as);
          if (create) json.erase("LastModifiedTime");
          return done(Answer(std::move(json)));
        }
        if (stored.error().kind != ErrorKind::conflict) return done(stored.error());
        done(Error{
            ErrorKind::conflict, "ResourceConflictException",
            "Failed to create function url config for [functionArn = " + name.qualified_arn() +
                "]. Error message:  FunctionUrlConfig exists for this Lambda function"});
      });
}

// What the call sets, on top of `settings`.
Json with_given(const LambdaParts& parts, Json settings, const Call& call) {
  for (const char* member : {"AuthType", "Cors", "InvokeMode"}) {
    if (const Json* value = call.input().find(member)) settings[member] = *value;
  }
  settings["modified_ms"] = parts.clock.now_ms();
  if (!settings.contains("created_ms")) settings["created_ms"] = settings["modified_ms"];
  return settings;
}

void create(const LambdaParts& parts, const Call& call, const Done& done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  if (!parts.runtime.catalog().exists(*name))
    return done(resource_not_found("Function does not exist"));
  save(parts, *name, with_given(parts, Json::object(), call), true, done);
}

void update(const LambdaParts& parts, const Call& call, const Done& done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  auto settings = parts.runtime.catalog().urls().find(*name);
  if (!settings) return done(no_url());
  save(parts, *name, with_given(parts, std::move(*settings), call), false, done);
}

Result<Answer> get(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, named_function(call));
  const auto settings = parts.runtime.catalog().urls().find(name);
  if (!settings) return no_url();
  return Answer(url_json(parts, name, *settings));
}

void remove(const LambdaParts& parts, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  executors::FunctionUrls& urls = parts.runtime.catalog().urls();
  if (!urls.find(*name)) return done(no_url());
  urls.remove(*name, without_content(std::move(done)));
}

Result<Answer> list(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, named_function(call));
  name.qualifier.clear();
  if (!parts.runtime.catalog().exists(name)) return resource_not_found("Function does not exist");
  std::vector<Listed> listed;
  for (const auto& [qualifier, settings] : parts.runtime.catalog().urls().list(name)) {
    name.qualifier = qualifier;
    listed.push_back({qualifier, url_json(parts, name, settings)});
  }
  return page_of("ListFunctionUrlConfigs", "FunctionUrlConfigs", std::move(listed), call);
}

std::vector<Field> url_fields() {
  return {in_uri("FunctionName", function_name_shape()),
          in_query("Qualifier", text(1, 128, "((?!^\\d+$)^[0-9a-zA-Z-_]+$)"), "Qualifier")};
}

Shape config_shape(bool create) {
  const Shape headers = list_of(text(0, 1024), 0, 100);
  const Shape cors =
      structure({optional("AllowCredentials", flag()), optional("AllowHeaders", headers),
                 optional("AllowMethods", list_of(text(0, 6), 0, 6)),
                 optional("AllowOrigins", list_of(text(1, 253), 0, 100)),
                 optional("ExposeHeaders", headers), optional("MaxAge", integer(0, 86'400))});
  const Shape type = one_of({"NONE", "AWS_IAM"});
  std::vector<Field> fields = url_fields();
  fields.push_back(create ? required("AuthType", type) : optional("AuthType", type));
  fields.push_back(optional("Cors", cors));
  fields.push_back(optional("InvokeMode", one_of({"BUFFERED", "RESPONSE_STREAM"})));
  return structure(std::move(fields));
}

constexpr const char* path = "/2021-10-31/functions/{FunctionName}/url";

}  // namespace

std::vector<Operation> url_config_operations(const LambdaParts& parts) {
  std::vector<Operation> rows = {
      {"CreateFunctionUrlConfig", config_shape(true),
       [parts](const auto& call, const Done& done) { create(parts, *call, done); }, "POST", path,
       201},
      {"UpdateFunctionUrlConfig", config_shape(false),
       [parts](const auto& call, const Done& done) { update(parts, *call, done); }, "PUT", path},
      {"GetFunctionUrlConfig", structure(url_fields()),
       at_once([parts](const Call& call) { return get(parts, call); }), "GET", path},
      {"DeleteFunctionUrlConfig", structure(url_fields()),
       [parts](const auto& call, Done done) { remove(parts, *call, std::move(done)); }, "DELETE",
       path, 204},
      {"ListFunctionUrlConfigs",
       structure({in_uri("FunctionName", function_name_shape()),
                  in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 50), "MaxItems")}),
       at_once([parts](const Call& call) { return list(parts, call); }), "GET",
       std::string(path) + "s"}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
