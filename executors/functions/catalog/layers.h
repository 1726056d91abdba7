#pragma once
// Layers: packages that functions share. Each publication is a version of its own that never
// changes; a deleted one works on in the functions that have it. Documents named NAME:NUMBER, and
// NAME for the number that was given last.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

inline constexpr size_t max_layers = 5;  // of a function

struct LayerVersion {
  engine::Tenant tenant;
  std::string name;
  int64_t version = 0;
  std::string description;
  std::string license;
  std::vector<std::string> runtimes, architectures;  // compatible ones, as told
  std::string blob;                                  // the package
  int64_t code_size = 0;                             // bytes of it
  int64_t unpacked_size = 0;                         // bytes of its files
  std::string code_sha256;                           // base64
  int64_t created_ms = 0;
  Json statements = Json::array();  // of its policy; they open it to other accounts
  std::string policy_revision;

  std::string layer_arn() const;
  std::string arn() const { return layer_arn() + ":" + std::to_string(version); }
};

// Members that stay empty are not told.
struct PublishLayer {
  engine::Tenant tenant;
  std::string name;
  std::string description, license;
  std::vector<std::string> runtimes, architectures;
  std::string zip;
};

// "arn:aws:lambda:REGION:ACCOUNT:layer:NAME", with or without ":NUMBER", or NAME.
struct LayerName {
  engine::Tenant tenant;
  std::string name;
  int64_t version = 0;  // 0: none given
};
// InvalidParameterValueException for anything else.
Result<LayerName> parse_layer_name(const engine::Tenant& tenant, std::string_view text);

// ResourceNotFoundException, in the words of the operations on layers.
Error layer_not_found();

// Safe from any thread. Callbacks come once the change is durable. All arguments outlive it.
class Layers {
 public:
  Layers(const Clock& clock, Random& random, engine::DocumentWriter& writer, engine::Blobs& blobs)
      : clock_(clock),
        random_(random),
        versions_("layer_version", writer),
        counters_("layer", writer),
        blobs_(blobs) {}

  Result<> load(engine::Store& store);

  // Checks the package on the caller's thread.
  void publish(PublishLayer request, Done<LayerVersion> done);
  // One that does not exist is fine, as on AWS.
  void remove(const LayerName& layer, Done<bool> done);
  // `change` is called at once, and may refuse.
  void change_policy(const LayerName& layer, const std::function<Result<>(LayerVersion&)>& change,
                     Done<LayerVersion> done);

  // Of the caller's own account, or opened to it.
  Result<LayerVersion> find(const engine::Tenant& caller, const LayerName& layer) const;
  // All versions, those of one layer by number.
  std::vector<LayerVersion> list(const engine::Tenant& tenant) const;

  // What a function with these layers has to know of them, in their order. Refused: unknown ones,
  // too many, two versions of one layer, more than 250 MB together with the function's own code.
  Result<std::vector<FunctionLayer>> resolve(const engine::Tenant& tenant,
                                             const std::vector<std::string>& arns,
                                             int64_t code_bytes) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string, int64_t>;
  struct Stored {
    LayerVersion layer;
    int64_t revision = 0;
  };
  static Key key_of(const engine::Tenant& tenant, const std::string& name, int64_t version) {
    return {tenant.account, tenant.region, name, version};
  }
  Result<LayerVersion> prepare(PublishLayer request);
  void take_number(LayerVersion layer, Done<LayerVersion> done);
  void put(LayerVersion layer, int64_t expected_revision, Done<LayerVersion> done);

  const Clock& clock_;
  Random& random_;
  engine::Documents versions_;
  engine::Documents counters_;
  engine::Blobs& blobs_;
  mutable std::mutex mutex_;
  std::map<Key, Stored> stored_;
};

}  // namespace perdure::executors
