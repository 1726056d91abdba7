#include "executors/functions/catalog/document.h"

#include "executors/functions/catalog/function_name.h"

namespace perdure::executors {
namespace {

Json layers_json(const std::vector<FunctionLayer>& layers) {
  Json json = Json::array();
  for (const FunctionLayer& layer : layers) {
    json.push_back({{"arn", layer.arn}, {"code_blob", layer.blob}, {"code_size", layer.code_size}});
  }
  return json;
}

// "NAME:QUALIFIER" or "NAME".
std::pair<std::string, std::string> split_name(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == name.npos) return {name, ""};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Result<Json> read_object(const engine::Document& document) {
  PD_TRY(json, parse_json(document.json));
  if (!json.is_object()) return internal_error("the document " + document.name + " is unreadable");
  return json;
}

std::string word(const Json& json, const char* name) { return json.value(name, std::string()); }

std::vector<FunctionLayer> read_layers(const Json& function) {
  std::vector<FunctionLayer> layers;
  for (const Json& layer : function.value("layers", Json::array())) {
    layers.push_back(
        {word(layer, "arn"), word(layer, "code_blob"), layer.value("code_size", int64_t{0})});
  }
  return layers;
}

}  // namespace

std::string to_document(const FunctionConfiguration& f) {
  Json json = {{"runtime", f.runtime},
               {"handler", f.handler},
               {"role", f.role},
               {"description", f.description},
               {"timeout_s", f.timeout_s},
               {"memory_mib", f.memory_mib},
               {"environment", f.environment},
               {"code_sha256", f.code_sha256},
               {"code_size", f.code_size},
               {"unpacked_size", f.unpacked_size},
               {"layers", layers_json(f.layers)},
               {"code_blob", f.code_blob},
               {"code_folder", f.code_folder},
               {"created_ms", f.created_ms},
               {"modified_ms", f.modified_ms},
               {"revision_id", f.revision_id},
               {"last_version", f.last_version},
               {"extra", f.extra}};
  if (f.reserved_concurrency) json["reserved_concurrency"] = *f.reserved_concurrency;
  for (const auto& [qualifier, provisioned] : f.provisioned) {
    json["provisioned"][qualifier] = {{"count", provisioned.count},
                                      {"modified_ms", provisioned.modified_ms}};
  }
  return dump_json(json);
}

Result<FunctionConfiguration> from_document(const engine::Document& document) {
  PD_TRY(json, read_object(document));
  FunctionConfiguration f;
  const auto [name, version] = split_name(document.name);
  f.tenant = document.tenant;
  f.name = name;
  f.arn = function_arn(f.tenant, f.name);
  if (!version.empty()) f.version = version;
  f.runtime = word(json, "runtime");
  f.handler = word(json, "handler");
  f.role = word(json, "role");
  f.description = word(json, "description");
  f.timeout_s = json.value("timeout_s", f.timeout_s);
  f.memory_mib = json.value("memory_mib", f.memory_mib);
  f.environment = json.value("environment", f.environment);
  f.code_sha256 = word(json, "code_sha256");
  f.code_size = json.value("code_size", f.code_size);
  f.unpacked_size = json.value("unpacked_size", f.unpacked_size);
  f.layers = read_layers(json);
  f.code_blob = word(json, "code_blob");
  f.code_folder = word(json, "code_folder");
  f.created_ms = json.value("created_ms", f.created_ms);
  f.modified_ms = json.value("modified_ms", f.modified_ms);
  f.revision_id = word(json, "revision_id");
  f.last_version = json.value("last_version", f.last_version);
  if (json.contains("reserved_concurrency")) {
    f.reserved_concurrency = json["reserved_concurrency"].get<int64_t>();
  }
  if (json.contains("provisioned")) {
    for (const auto& [qualifier, each] : json["provisioned"].items()) {
      f.provisioned[qualifier] = {each.value("count", int64_t{0}),
                                  each.value("modified_ms", int64_t{0})};
    }
  }
  if (json.contains("extra")) f.extra = json["extra"];
  return f;
}

std::string to_document(const FunctionAlias& alias) {
  return dump_json({{"version", alias.version},
                    {"description", alias.description},
                    {"weights", alias.weights},
                    {"revision_id", alias.revision_id}});
}

Result<FunctionAlias> alias_from_document(const engine::Document& document) {
  PD_TRY(json, read_object(document));
  FunctionAlias alias;
  alias.tenant = document.tenant;
  std::tie(alias.function, alias.name) = split_name(document.name);
  alias.version = word(json, "version");
  alias.description = word(json, "description");
  alias.weights = json.value("weights", alias.weights);
  alias.revision_id = word(json, "revision_id");
  return alias;
}

}  // namespace perdure::executors
