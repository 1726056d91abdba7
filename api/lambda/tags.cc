// Tags of functions.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionCatalog;
using executors::FunctionConfiguration;
using executors::FunctionName;

constexpr size_t most_tags = 50;

Result<FunctionName> resource_of(const Call& call) {
  PD_TRY(name, executors::parse_function_name(call.tenant, call.input().text("Resource")));
  if (!name.qualifier.empty()) {
    return invalid("InvalidParameterValueException",
                   "Tags on function aliases and versions are not supported. Please specify a "
                   "function ARN.");
  }
  return name;
}

// Changes the tags and answers 204.
void change(FunctionCatalog& catalog, const Call& call, const std::function<void(Json&)>& edit,
            Done done) {
  const auto name = resource_of(call);
  if (!name) return done(name.error());
  const auto with_tags = [&](FunctionConfiguration& function) -> Result<> {
    Json& tags = function.extra["Tags"];
    if (!tags.is_object()) tags = Json::object();
    edit(tags);
    if (tags.size() <= most_tags) return {};
    return invalid("InvalidParameterValueException", "A function can have at most 50 tags.");
  };
  catalog.change_beside(
      *name, with_tags,
      [done = without_content(std::move(done))](Result<FunctionConfiguration> function) {
        if (!function) return done(function.error());
        done(true);
      });
}

void tag(FunctionCatalog& catalog, const Call& call, Done done) {
  change(
      catalog, call, [&](Json& tags) { tags.update(call.json.at("Tags")); }, std::move(done));
}

void untag(FunctionCatalog& catalog, const Call& call, Done done) {
  change(
      catalog, call,
      [&](Json& tags) {
        const Json* keys = call.input().find("TagKeys");
        for (const Json& key : keys ? *keys : Json::array()) tags.erase(key.get<std::string>());
      },
      std::move(done));
}

Result<Answer> list(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, resource_of(call));
  PD_TRY(function, catalog.find(name));
  const Json* tags = Input(function->extra).find("Tags");
  return Answer(Json{{"Tags", tags ? *tags : Json::object()}});
}

constexpr const char* path = "/2017-03-31/tags/{Resource}";

}  // namespace

std::vector<Operation> function_tag_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  const Shape resource = text(1, 256);
  std::vector<Operation> rows = {
      {"TagResource",
       structure({in_uri("Resource", resource), required("Tags", map_of(text(0, 256)))}),
       [&runtime](const auto& call, Done done) { tag(runtime.catalog(), *call, std::move(done)); },
       "POST", path, 204},
      {"UntagResource",
       structure({in_uri("Resource", resource), in_query("TagKeys", list_of(text()), "tagKeys")}),
       [&runtime](const auto& call, Done done) {
         untag(runtime.catalog(), *call, std::move(done));
       },
       "DELETE", path, 204},
      {"ListTags", structure({in_uri("Resource", resource)}),
       at_once([&runtime](const Call& call) { return list(runtime.catalog(), call); }), "GET",
       path}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
