// Layers and the policies of their versions.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "api/lambda/package_route.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::LayerName;
using executors::Layers;
using executors::LayerVersion;

constexpr const char* layers_path = "/2018-10-31/layers";
constexpr const char* versions_path = "/2018-10-31/layers/{LayerName}/versions";
constexpr const char* version_path = "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}";
constexpr const char* policy_path =
    "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy";
constexpr const char* statement_path =
    "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}";

Json version_json(const LayerVersion& layer) {
  Json json = {{"LayerVersionArn", layer.arn()},
               {"Version", layer.version},
               {"Description", layer.description},
               {"CreatedDate", lambda_time(layer.created_ms)}};
  if (!layer.runtimes.empty()) json["CompatibleRuntimes"] = layer.runtimes;
  if (!layer.architectures.empty()) json["CompatibleArchitectures"] = layer.architectures;
  if (!layer.license.empty()) json["LicenseInfo"] = layer.license;
  return json;
}

Answer whole_answer(const LambdaParts& parts, const LayerVersion& layer) {
  Json json = version_json(layer);
  json["LayerArn"] = layer.layer_arn();
  json["Content"] = {{"CodeSha256", layer.code_sha256},
                     {"CodeSize", layer.code_size},
                     {"Location", package_url(parts, layer.arn(), layer.blob)}};
  return Answer(std::move(json));
}

executors::Done<LayerVersion> show(const LambdaParts& parts, Done done) {
  return [parts, done = std::move(done)](Result<LayerVersion> layer) {
    if (!layer) return done(layer.error());
    done(whole_answer(parts, *layer));
  };
}

Result<LayerName> named_layer(const Call& call) {
  return executors::parse_layer_name(call.tenant, call.input().text("LayerName"));
}

Result<LayerName> named_version(const Call& call) {
  PD_TRY(layer, named_layer(call));
  const std::string number = call.input().text("VersionNumber");
  const auto [end, wrong] =
      std::from_chars(number.data(), number.data() + number.size(), layer.version);
  if (wrong != std::errc() || end != number.data() + number.size() || layer.version < 1) {
    return invalid("InvalidParameterValueException", "Layer Version Cannot be less than 1.");
  }
  return layer;
}

std::vector<std::string> words(const Input& input, const char* name) {
  const Json* list = input.find(name);
  return list ? list->get<std::vector<std::string>>() : std::vector<std::string>();
}

void publish(const LambdaParts& parts, const Call& call, Done done) {
  const Input input = call.input();
  const auto name = named_layer(call);
  if (!name) return done(name.error());
  auto zip = read_package(parts, call.tenant, call.json.at("Content"),
                          "Please provide a source for layer code.");
  if (!zip) return done(zip.error());
  parts.runtime.catalog().layers().publish(
      {.tenant = name->tenant,
       .name = name->name,
       .description = input.text("Description"),
       .license = input.text("LicenseInfo"),
       .runtimes = words(input, "CompatibleRuntimes"),
       .architectures = words(input, "CompatibleArchitectures"),
       .zip = std::move(*zip)},
      show(parts, std::move(done)));
}

Result<Answer> get(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, named_version(call));
  PD_TRY(layer, parts.runtime.catalog().layers().find(call.tenant, name));
  return whole_answer(parts, layer);
}

Result<Answer> get_by_arn(const LambdaParts& parts, const Call& call) {
  PD_TRY(name, executors::parse_layer_name(call.tenant, call.input().text("Arn")));
  PD_TRY(layer, parts.runtime.catalog().layers().find(call.tenant, name));
  return whole_answer(parts, layer);
}

// What names no runtime or architecture suits any.
bool suits(const LayerVersion& layer, const Input& input) {
  const auto has = [](const std::vector<std::string>& told, const std::string& wanted) {
    return wanted.empty() || std::find(told.begin(), told.end(), wanted) != told.end();
  };
  return has(layer.runtimes, input.text("CompatibleRuntime")) &&
         has(layer.architectures, input.text("CompatibleArchitecture"));
}

// Each with the newest of its versions that suits.
Result<Answer> list_layers(const Layers& layers, const Call& call) {
  std::map<std::string, Json> newest;
  for (const LayerVersion& layer : layers.list(call.tenant)) {
    if (!suits(layer, call.input())) continue;
    newest[layer.name] = {{"LayerName", layer.name},
                          {"LayerArn", layer.layer_arn()},
                          {"LatestMatchingVersion", version_json(layer)}};
  }
  std::vector<Listed> listed(newest.begin(), newest.end());
  return page_of("ListLayers", "Layers", std::move(listed), call);
}

// The newest first. Their places ascend as their numbers fall.
Result<Answer> list_versions(const Layers& layers, const Call& call) {
  PD_TRY(name, named_layer(call));
  std::vector<Listed> listed;
  for (const LayerVersion& layer : layers.list(name.tenant)) {
    if (layer.name != name.name || !suits(layer, call.input())) continue;
    listed.push_back({std::to_string(INT64_MAX - layer.version), version_json(layer)});
  }
  std::reverse(listed.begin(), listed.end());
  return page_of("ListLayerVersions", "LayerVersions", std::move(listed), call);
}

Result<Answer> list_or_find(const LambdaParts& parts, const Call& call) {
  const std::string what = call.input().text("find");
  if (what == "LayerVersion") return get_by_arn(parts, call);
  return list_layers(parts.runtime.catalog().layers(), call);
}

void remove(Layers& layers, const Call& call, Done done) {
  const auto name = named_version(call);
  if (!name) return done(name.error());
  layers.remove(*name, without_content(std::move(done)));
}

// ---- policies

Json statement_json(const Input& input, const LayerName& layer) {
  const std::string principal = input.text("Principal");
  const bool account = principal.find_first_not_of("0123456789") == principal.npos;
  Json statement = {
      {"Sid", input.text("StatementId")},
      {"Effect", "Allow"},
      {"Principal", account ? Json{{"AWS", "arn:aws:iam::" + principal + ":root"}}
                            : (principal == "*" ? Json("*") : Json{{"AWS", principal}})},
      {"Action", input.text("Action")},
      {"Resource", "arn:aws:lambda:" + layer.tenant.region + ":" + layer.tenant.account +
                       ":layer:" + layer.name + ":" + std::to_string(layer.version)}};
  if (input.has("OrganizationId")) {
    statement["Condition"] = {
        {"StringEquals", {{"aws:PrincipalOrgID", input.text("OrganizationId")}}}};
  }
  return statement;
}

Result<> check_revision(const LayerVersion& layer, const Input& input) {
  if (!input.has("RevisionId") || input.text("RevisionId") == layer.policy_revision) return {};
  return Error{ErrorKind::conflict, "PreconditionFailedException",
               "The RevisionId provided does not match the latest RevisionId. Call the "
               "GetLayerVersionPolicy API to retrieve the latest Revision Id"};
}

auto find_statement(Json& statements, const std::string& id) {
  return std::find_if(statements.begin(), statements.end(),
                      [&](const Json& each) { return each.at("Sid") == id; });
}

void add_permission(Layers& layers, const Call& call, Done done) {
  const auto name = named_version(call);
  if (!name) return done(name.error());
  const std::string id = call.input().text("StatementId");
  const Json statement = statement_json(call.input(), *name);
  layers.change_policy(
      *name,
      [&](LayerVersion& layer) -> Result<> {
        PD_CHECK(check_revision(layer, call.input()));
        if (find_statement(layer.statements, id) != layer.statements.end()) {
          return Error{ErrorKind::conflict, "ResourceConflictException",
                       "The statement id (" + id +
                           ") provided already exists. Please provide a new statement id, or "
                           "remove the existing statement."};
        }
        layer.statements.push_back(statement);
        return {};
      },
      [statement, done = std::move(done)](Result<LayerVersion> layer) {
        if (!layer) return done(layer.error());
        done(Answer(
            Json{{"Statement", dump_json(statement)}, {"RevisionId", layer->policy_revision}}));
      });
}

void remove_permission(Layers& layers, const Call& call, Done done) {
  const auto name = named_version(call);
  if (!name) return done(name.error());
  const std::string id = call.input().text("StatementId");
  layers.change_policy(
      *name,
      [&](LayerVersion& layer) -> Result<> {
        PD_CHECK(check_revision(layer, call.input()));
        const auto found = find_statement(layer.statements, id);
        if (found == layer.statements.end()) {
          return Error{ErrorKind::not_found, "ResourceNotFoundException",
                       "Statement " + id + " is not found in resource policy."};
        }
        layer.statements.erase(found);
        return {};
      },
      [done = without_content(std::move(done))](Result<LayerVersion> layer) {
        if (!layer) return done(layer.error());
        done(true);
      });
}

Result<Answer> get_policy(const Layers& layers, const Call& call) {
  PD_TRY(name, named_version(call));
  PD_TRY(layer, layers.find(call.tenant, name));
  if (layer.statements.empty()) {
    return Error{ErrorKind::not_found, "ResourceNotFoundException",
                 "No policy is associated with the given resource."};
  }
  const Json policy = {
      {"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", layer.statements}};
  return Answer(Json{{"Policy", dump_json(policy)}, {"RevisionId", layer.policy_revision}});
}

// ---- shapes

Field layer_name() {
  return in_uri("LayerName",
                text(1, 140,
                     "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+"
                     "-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+"));
}

Shape version_shape(std::vector<Field> more = {}) {
  std::vector<Field> fields = {layer_name(), in_uri("VersionNumber", text())};
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return structure(std::move(fields));
}

Shape list_shape(std::vector<Field> more) {
  std::vector<Field> fields = {
      in_query("CompatibleRuntime", text(), "CompatibleRuntime"),
      in_query("CompatibleArchitecture", one_of({"x86_64", "arm64"}), "CompatibleArchitecture"),
      in_query("Marker", text(), "Marker"), in_query("MaxItems", integer(1, 50), "MaxItems")};
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return structure(std::move(fields));
}

Shape publish_shape() {
  return structure(
      {layer_name(), optional("Description", text(0, 256)),
       required("Content",
                structure({optional("ZipFile", blob()), optional("S3Bucket", text()),
                           optional("S3Key", text()), optional("S3ObjectVersion", text())})),
       optional("CompatibleRuntimes", list_of(text(), 0, 15)),
       optional("CompatibleArchitectures", list_of(one_of({"x86_64", "arm64"}), 0, 2)),
       optional("LicenseInfo", text(0, 512))});
}

Field statement_id() { return required("StatementId", text(1, 100, "([a-zA-Z0-9-_]+)")); }
Field revision_id() { return in_query("RevisionId", text(), "RevisionId"); }

using Change = void (*)(Layers&, const Call&, Done);
using Read = Result<Answer> (*)(const Layers&, const Call&);

Handler changing(const LambdaParts& parts, Change change) {
  return [&runtime = parts.runtime, change](const auto& call, Done done) {
    change(runtime.catalog().layers(), *call, std::move(done));
  };
}

Handler reading(const LambdaParts& parts, Read read) {
  return at_once([&runtime = parts.runtime, read](const Call& call) {
    return read(runtime.catalog().layers(), call);
  });
}

}  // namespace

std::vector<Operation> layer_operations(const LambdaParts& parts) {
  std::vector<Operation> rows = {
      {"PublishLayerVersion", publish_shape(),
       [parts](const auto& call, Done done) { publish(parts, *call, std::move(done)); }, "POST",
       versions_path, 201},
      {"GetLayerVersion", version_shape(),
       at_once([parts](const Call& call) { return get(parts, call); }), "GET", version_path},
      // GetLayerVersionByArn has the path of ListLayers and says by a parameter what it is.
      {"ListLayers",
       list_shape({in_query("find", text(), "find"), in_query("Arn", text(1, 2048), "Arn")}),
       at_once([parts](const Call& call) { return list_or_find(parts, call); }), "GET",
       layers_path},
      {"ListLayerVersions", list_shape({layer_name()}), reading(parts, list_versions), "GET",
       versions_path},
      {"DeleteLayerVersion", version_shape(), changing(parts, remove), "DELETE", version_path, 204},
      {"AddLayerVersionPermission",
       version_shape(
           {statement_id(), revision_id(),
            required("Action", text(0, 22, "lambda:GetLayerVersion")),
            required("Principal",
                     text(0, unlimited, "\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root")),
            optional("OrganizationId", text(0, 34, "o-[a-z0-9]{10,32}"))}),
       changing(parts, add_permission), "POST", policy_path, 201},
      {"RemoveLayerVersionPermission",
       version_shape({in_uri("StatementId", text(1, 100)), revision_id()}),
       changing(parts, remove_permission), "DELETE", statement_path, 204},
      {"GetLayerVersionPolicy", version_shape(), reading(parts, get_policy), "GET", policy_path}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
