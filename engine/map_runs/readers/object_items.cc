#include "engine/map_runs/readers/object_items.h"

#include <utility>

#include "base/json.h"
#include "engine/map_runs/readers/sources.h"

namespace perdure::engine {
namespace {

struct Arguments {
  std::string bucket, key, prefix, version;
};

Result<Arguments> arguments_of(const ItemReaderSpec& spec) {
  const auto json = parse_json(spec.arguments);
  if (!json || !json->is_object()) return item_reader_failed("The arguments are no object.");
  Arguments arguments;
  for (const auto& [name, field] :
       {std::pair("Bucket", &arguments.bucket), std::pair("Key", &arguments.key),
        std::pair("Prefix", &arguments.prefix), std::pair("VersionId", &arguments.version)}) {
    const auto found = json->find(name);
    if (found == json->end() || found->is_null()) continue;
    if (!found->is_string()) return item_reader_failed(std::string(name) + " must be a text.");
    *field = found->get<std::string>();
  }
  if (!arguments.version.empty() && arguments.version != "null") {
    return item_reader_failed("Invalid version id specified");
  }
  return arguments;
}

// The content that `pin` names (sources.cc), or the one that the key has now.
Result<std::unique_ptr<ObjectContent>> open(Objects& objects, const Tenant& tenant,
                                            const Arguments& arguments, const std::string& pin) {
  auto content = [&]() -> Result<std::unique_ptr<ObjectContent>> {
    if (pin.empty()) return objects.open(tenant, arguments.bucket, arguments.key);
    PD_TRY(json, parse_json(pin));
    ObjectInfo info;
    info.key = json.value("key", "");
    info.size = json.value("size", int64_t{0});
    for (const Json& segment : json.value("segments", Json::array())) {
      info.segments.push_back({segment.at(0).get<std::string>(), segment.at(1).get<int64_t>()});
    }
    return objects.reopen(std::move(info));
  }();
  if (!content && content.error().kind != ErrorKind::internal) {
    return item_reader_failed(content.error().cause);
  }
  return content;
}

Result<std::unique_ptr<ItemSource>> open_items(Objects& objects, const Tenant& tenant,
                                               const ItemReaderSpec& spec, const std::string& pin) {
  PD_TRY(arguments, arguments_of(spec));
  if (spec.resource == ItemReaderSpec::Resource::list_objects_v2) {
    if (spec.transformation != "LOAD_AND_FLATTEN") {
      return list_source(objects, tenant, arguments.bucket, arguments.prefix);
    }
    return files_source(objects, tenant, spec,
                        listed_names(objects, tenant, arguments.bucket, arguments.prefix),
                        "S3://" + arguments.bucket);
  }
  PD_TRY(content, open(objects, tenant, arguments, pin));
  std::string name = "S3://" + arguments.bucket + "/" + arguments.key;
  if (spec.input_type == "MANIFEST" || !spec.manifest_type.empty()) {
    return manifest_source(objects, tenant, spec, std::move(content), std::move(name));
  }
  return content_source(spec, std::move(content), std::move(name));
}

}  // namespace

OpenItems items_in(Objects& objects) {
  return [&objects](const Tenant& tenant, const ItemReaderSpec& spec, const std::string& pin) {
    return open_items(objects, tenant, spec, pin);
  };
}

}  // namespace perdure::engine
