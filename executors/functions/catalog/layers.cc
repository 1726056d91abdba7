#include "executors/functions/catalog/layers.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/hash.h"
#include "base/ids.h"
#include "executors/functions/catalog/package.h"

namespace perdure::executors {
namespace {

Error bad_parameter(std::string cause) {
  return invalid("InvalidParameterValueException", std::move(cause));
}

std::string to_document(const LayerVersion& layer) {
  return dump_json({{"description", layer.description},
                    {"license", layer.license},
                    {"runtimes", layer.runtimes},
                    {"architectures", layer.architectures},
                    {"code_blob", layer.blob},
                    {"code_size", layer.code_size},
                    {"unpacked_size", layer.unpacked_size},
                    {"code_sha256", layer.code_sha256},
                    {"created_ms", layer.created_ms},
                    {"statements", layer.statements},
                    {"policy_revision", layer.policy_revision}});
}

// "NAME:NUMBER"; 0 where there is no number.
std::pair<std::string, int64_t> split_name(std::string_view text) {
  const size_t colon = text.find(':');
  int64_t version = 0;
  if (colon != text.npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), version);
  }
  return {std::string(text.substr(0, colon)), version};
}

Result<LayerVersion> layer_from_document(const engine::Document& document) {
  PD_TRY(json, parse_json(document.json));
  if (!json.is_object()) return internal_error("the document " + document.name + " is unreadable");
  LayerVersion layer;
  layer.tenant = document.tenant;
  std::tie(layer.name, layer.version) = split_name(document.name);
  layer.description = json.value("description", "");
  layer.license = json.value("license", "");
  layer.runtimes = json.value("runtimes", layer.runtimes);
  layer.architectures = json.value("architectures", layer.architectures);
  layer.blob = json.value("code_blob", "");
  layer.code_size = json.value("code_size", int64_t{0});
  layer.unpacked_size = json.value("unpacked_size", int64_t{0});
  layer.code_sha256 = json.value("code_sha256", "");
  layer.created_ms = json.value("created_ms", int64_t{0});
  layer.statements = json.value("statements", Json::array());
  layer.policy_revision = json.value("policy_revision", "");
  return layer;
}

// Whether the policy names the account, or everybody.
bool opened_to(const LayerVersion& layer, const std::string& account) {
  return std::any_of(layer.statements.begin(), layer.statements.end(), [&](const Json& statement) {
    const Json principal = statement.value("Principal", Json());
    if (principal == "*") return true;
    return principal.is_object() &&
           principal.value("AWS", "") == "arn:aws:iam::" + account + ":root";
  });
}

Error outdated_policy() {
  return Error{ErrorKind::conflict, "PreconditionFailedException",
               "The RevisionId provided does not match the latest RevisionId. Call the "
               "GetLayerVersionPolicy API to retrieve the latest Revision Id"};
}

}  // namespace

std::string LayerVersion::layer_arn() const {
  return "arn:aws:lambda:" + tenant.region + ":" + tenant.account + ":layer:" + name;
}

Error layer_not_found() {
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               "The resource you requested does not exist."};
}

Result<LayerName> parse_layer_name(const engine::Tenant& tenant, std::string_view text) {
  LayerName layer{.tenant = tenant, .name = {}, .version = 0};
  if (!text.starts_with("arn:")) {
    layer.name = text;
    return layer;
  }
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const size_t colon = rest.find(':');
    parts.push_back(rest.substr(0, colon));
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (parts.size() < 7 || parts.size() > 8 || parts[2] != "lambda" || parts[5] != "layer") {
    return bad_parameter("'" + std::string(text.substr(0, 200)) + "' does not name a layer");
  }
  layer.tenant = {std::string(parts[4]), std::string(parts[3])};
  layer.name = parts[6];
  if (parts.size() == 8) {
    std::from_chars(parts[7].data(), parts[7].data() + parts[7].size(), layer.version);
  }
  return layer;
}

Result<> Layers::load(engine::Store& store) {
  PD_CHECK(versions_.load(store));
  PD_CHECK(counters_.load(store));
  std::lock_guard lock(mutex_);
  for (const engine::Document& document : versions_.all()) {
    PD_TRY(layer, layer_from_document(document));
    stored_[key_of(layer.tenant, layer.name, layer.version)] = {layer, document.revision};
  }
  return {};
}

// ---- changes

Result<LayerVersion> Layers::prepare(PublishLayer request) {
  PD_TRY(unpacked, check_package(request.zip, "PublishLayerVersion"));
  PD_TRY(blob, blobs_.put(request.zip));
  const Sha256 digest = sha256(request.zip);
  LayerVersion layer;
  layer.tenant = std::move(request.tenant);
  layer.name = std::move(request.name);
  layer.description = std::move(request.description);
  layer.license = std::move(request.license);
  layer.runtimes = std::move(request.runtimes);
  layer.architectures = std::move(request.architectures);
  layer.blob = std::move(blob);
  layer.code_size = static_cast<int64_t>(request.zip.size());
  layer.unpacked_size = static_cast<int64_t>(unpacked);
  layer.code_sha256 = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  layer.created_ms = clock_.now_ms();
  return layer;
}

void Layers::publish(PublishLayer request, Done<LayerVersion> done) {
  auto layer = prepare(std::move(request));
  if (!layer) return done(layer.error());
  take_number(std::move(*layer), std::move(done));
}

// The number is durable before the version that has it: what is deleted never comes again as
// something else.
void Layers::take_number(LayerVersion layer, Done<LayerVersion> done) {
  const auto counter = counters_.find(layer.tenant, layer.name);
  int64_t last = 0;
  if (counter) {
    const auto json = parse_json(counter->json);
    if (json && json->is_object()) last = json->value("last_version", int64_t{0});
  }
  layer.version = last + 1;
  counters_.put(layer.tenant, layer.name, dump_json({{"last_version", layer.version}}),
                counter ? counter->revision : 0,
                [this, layer, done = std::move(done)](Result<int64_t> taken) mutable {
                  if (taken) return put(std::move(layer), 0, std::move(done));
                  if (taken.error().kind != ErrorKind::conflict) return done(taken.error());
                  take_number(std::move(layer), std::move(done));  // somebody else was faster
                });
}

void Layers::put(LayerVersion layer, int64_t expected_revision, Done<LayerVersion> done) {
  versions_.put(layer.tenant, layer.name + ":" + std::to_string(layer.version), to_document(layer),
                expected_revision, [this, layer, done = std::move(done)](Result<int64_t> revision) {
                  if (!revision) {
                    const bool conflict = revision.error().kind == ErrorKind::conflict;
                    return done(conflict ? outdated_policy() : revision.error());
                  }
                  {
                    std::lock_guard lock(mutex_);
                    stored_[key_of(layer.tenant, layer.name, layer.version)] = {layer, *revision};
                  }
                  done(layer);
                });
}

void Layers::remove(const LayerName& layer, Done<bool> done) {
  versions_.remove(layer.tenant, layer.name + ":" + std::to_string(layer.version), std::nullopt,
                   [this, layer, done = std::move(done)](Result<int64_t> removed) {
                     if (!removed) return done(removed.error());
                     {
                       std::lock_guard lock(mutex_);
                       stored_.erase(key_of(layer.tenant, layer.name, layer.version));
                     }
                     done(true);
                   });
}

void Layers::change_policy(const LayerName& layer,
                           const std::function<Result<>(LayerVersion&)>& change,
                           Done<LayerVersion> done) {
  Stored stored;
  {
    std::lock_guard lock(mutex_);
    const auto found = stored_.find(key_of(layer.tenant, layer.name, layer.version));
    if (found != stored_.end()) stored = found->second;
  }
  if (stored.revision == 0) return done(layer_not_found());
  if (const auto changed = change(stored.layer); !changed) return done(changed.error());
  {
    std::lock_guard lock(mutex_);
    stored.layer.policy_revision = make_uuid(random_);
  }
  put(std::move(stored.layer), stored.revision, std::move(done));
}

// ---- reads

Result<LayerVersion> Layers::find(const engine::Tenant& caller, const LayerName& layer) const {
  std::lock_guard lock(mutex_);
  const auto found = stored_.find(key_of(layer.tenant, layer.name, layer.version));
  if (found == stored_.end()) return layer_not_found();
  const LayerVersion& there = found->second.layer;
  if (there.tenant.account != caller.account && !opened_to(there, caller.account)) {
    return layer_not_found();
  }
  return there;
}

std::vector<LayerVersion> Layers::list(const engine::Tenant& tenant) const {
  std::vector<LayerVersion> result;
  std::lock_guard lock(mutex_);
  for (const auto& [key, stored] : stored_) {
    if (stored.layer.tenant == tenant) result.push_back(stored.layer);
  }
  return result;
}

Result<std::vector<FunctionLayer>> Layers::resolve(const engine::Tenant& tenant,
                                                   const std::vector<std::string>& arns,
                                                   int64_t code_bytes) const {
  if (arns.size() > max_layers) {
    return bad_parameter("Cannot reference more than " + std::to_string(max_layers) + " layers.");
  }
  std::vector<FunctionLayer> layers;
  std::map<std::string, std::string> seen;  // ARN of the layer, of its version
  for (const std::string& arn : arns) {
    PD_TRY(name, parse_layer_name(tenant, arn));
    const auto layer = find(tenant, name);
    if (!layer || name.tenant.region != tenant.region) {
      return bad_parameter("Layer version " + arn + " does not exist.");
    }
    const auto [before, is_new] = seen.emplace(layer->layer_arn(), arn);
    if (!is_new) {
      return bad_parameter(
          "Two different versions of the same layer are not allowed to be referenced in the same "
          "function. " +
          before->second + " and " + arn + " are versions of the same layer.");
    }
    code_bytes += layer->unpacked_size;
    layers.push_back({layer->arn(), layer->blob, layer->code_size});
  }
  if (!layers.empty() && code_bytes > static_cast<int64_t>(max_unpacked_bytes)) {
    return bad_parameter("Function code combined with layers exceeds the maximum allowed size of " +
                         std::to_string(max_unpacked_bytes) + " bytes. The actual size is " +
                         std::to_string(code_bytes) + " bytes.");
  }
  return layers;
}

}  // namespace perdure::executors
