// Aliases: names for versions, with weights.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::ChangeAlias;
using executors::FunctionAlias;
using executors::FunctionCatalog;
using executors::FunctionName;

Json alias_json(const FunctionAlias& alias) {
  Json json = {
      {"AliasArn", executors::function_arn(alias.tenant, alias.function) + ":" + alias.name},
      {"Name", alias.name},
      {"FunctionVersion", alias.version},
      {"Description", alias.description},
      {"RevisionId", alias.revision_id}};
  if (!alias.weights.empty()) {
    json["RoutingConfig"] = {{"AdditionalVersionWeights", alias.weights}};
  }
  return json;
}

ChangeAlias read_change(const Input& input) {
  ChangeAlias change;
  change.name = input.text("Name");
  change.version = input.maybe_text("FunctionVersion");
  change.description = input.maybe_text("Description");
  change.expected_revision_id = input.maybe_text("RevisionId");
  if (const Json* routing = input.find("RoutingConfig")) {
    change.weights.emplace();
    if (const Json* weights = Input(*routing).find("AdditionalVersionWeights")) {
      change.weights = weights->get<std::map<std::string, double>>();
    }
  }
  return change;
}

executors::Done<FunctionAlias> show(Done done) {
  return [done = std::move(done)](Result<FunctionAlias> alias) {
    if (!alias) return done(alias.error());
    done(Answer(alias_json(*alias)));
  };
}

// The function that an operation on aliases names; its own qualifier has no meaning there.
Result<FunctionName> function_of(const Call& call) {
  PD_TRY(name, named_function(call));
  name.qualifier.clear();
  return name;
}

void create(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = function_of(call);
  if (!name) return done(name.error());
  catalog.create_alias(*name, read_change(call.input()), show(std::move(done)));
}

void update(executors::FunctionRuntime& runtime, const Call& call, Done done) {
  const auto name = function_of(call);
  if (!name) return done(name.error());
  runtime.catalog().update_alias(
      *name, read_change(call.input()),
      [&runtime, name = *name, shown = show(std::move(done))](Result<FunctionAlias> alias) {
        if (alias) runtime.reprovision(name.tenant, name.name);  // what is kept for it moves along
        shown(std::move(alias));
      });
}

void remove(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = function_of(call);
  if (!name) return done(name.error());
  catalog.remove_alias(*name, call.input().text("Name"), without_content(std::move(done)));
}

Result<Answer> get(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, function_of(call));
  PD_CHECK(catalog.find(name));
  PD_TRY(alias, catalog.find_alias(name, call.input().text("Name")));
  return Answer(alias_json(alias));
}

Result<Answer> list(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, function_of(call));
  PD_TRY(function, catalog.find(name));
  const std::string of_version = call.input().text("FunctionVersion");
  std::vector<Listed> listed;
  for (const FunctionAlias& alias : catalog.aliases(*function)) {
    const bool wanted =
        of_version.empty() || alias.version == of_version || alias.weights.contains(of_version);
    if (wanted) listed.push_back({alias.name, alias_json(alias)});
  }
  return page_of("ListAliases " + of_version, "Aliases", std::move(listed), call);
}

Shape alias_name_shape() { return text(1, 128, "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"); }

std::vector<Field> change_fields() {
  Shape weights = map_of(number(), 1);
  return {in_uri("FunctionName", function_name_shape()), optional("Description", text(0, 256)),
          optional("RoutingConfig",
                   structure({optional("AdditionalVersionWeights", std::move(weights))})),
          optional("RevisionId", text())};
}

Shape create_shape() {
  std::vector<Field> fields = change_fields();
  fields.push_back(required("Name", alias_name_shape()));
  fields.push_back(required("FunctionVersion", text(1, 1024, "(\\$LATEST|[0-9]+)")));
  return structure(std::move(fields));
}

Shape update_shape() {
  std::vector<Field> fields = change_fields();
  fields.push_back(in_uri("Name", alias_name_shape()));
  fields.push_back(optional("FunctionVersion", text(1, 1024, "(\\$LATEST|[0-9]+)")));
  return structure(std::move(fields));
}

Shape one_alias() {
  return structure(
      {in_uri("FunctionName", function_name_shape()), in_uri("Name", alias_name_shape())});
}

constexpr const char* aliases_path = "/2015-03-31/functions/{FunctionName}/aliases";
constexpr const char* alias_path = "/2015-03-31/functions/{FunctionName}/aliases/{Name}";

}  // namespace

std::vector<Operation> alias_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  std::vector<Operation> rows = {
      {"CreateAlias", create_shape(),
       [&runtime](const auto& call, Done done) {
         create(runtime.catalog(), *call, std::move(done));
       },
       "POST", aliases_path, 201},
      {"UpdateAlias", update_shape(),
       [&runtime](const auto& call, Done done) { update(runtime, *call, std::move(done)); }, "PUT",
       alias_path},
      {"DeleteAlias", one_alias(),
       [&runtime](const auto& call, Done done) {
         remove(runtime.catalog(), *call, std::move(done));
       },
       "DELETE", alias_path, 204},
      {"GetAlias", one_alias(),
       at_once([&runtime](const Call& call) { return get(runtime.catalog(), call); }), "GET",
       alias_path},
      {"ListAliases",
       structure(
           {in_uri("FunctionName", function_name_shape()),
            in_query("FunctionVersion", text(1, 1024, "(\\$LATEST|[0-9]+)"), "FunctionVersion"),
            in_query("Marker", text(), "Marker"),
            in_query("MaxItems", integer(1, 10'000), "MaxItems")}),
       at_once([&runtime](const Call& call) { return list(runtime.catalog(), call); }), "GET",
       aliases_path}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
