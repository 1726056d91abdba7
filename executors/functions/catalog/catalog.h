#pragma once
// The functions that exist: their configurations as documents, their packages as blobs, unpacked
// once under the data folder.

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "executors/functions/catalog/aliases.h"
#include "executors/functions/catalog/function_name.h"
#include "executors/functions/catalog/function_urls.h"
#include "executors/functions/catalog/layers.h"
#include "executors/functions/catalog/qualifier_settings.h"
#include "executors/functions/catalog/versions.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// Safe from any thread; `random` is used under a lock of ours. All arguments outlive it.
class FunctionCatalog {
 public:
  FunctionCatalog(const Clock& clock, Random& random, engine::DocumentWriter& writer,
                  engine::Blobs& blobs, std::string code_folder, std::string layers_folder);

  Result<> load(engine::Store& store);

  // These check and unpack on the caller's thread; `done` comes once the change is durable.
  void create(CreateFunction request, Done<FunctionConfiguration> done);
  void update(const engine::Tenant& tenant, std::string_view function, UpdateFunction update,
              Done<FunctionConfiguration> done);
  void remove(const engine::Tenant& tenant, std::string_view function, Done<std::string> done);

  // What is the version's own stays; what changes with the code is checked: a package of another
  // sum or an outdated revision is refused. A function that has not changed since its last version
  // gets that one.
  void publish(const engine::Tenant& tenant, std::string_view function, PublishVersion request,
               Done<FunctionConfiguration> done);
  std::vector<FunctionConfiguration> versions(const FunctionConfiguration& function) const;
  void remove_version(const FunctionName& name, Done<bool> done);

  Result<FunctionAlias> find_alias(const FunctionName& function, std::string_view alias) const;
  std::vector<FunctionAlias> aliases(const FunctionConfiguration& function) const;
  void create_alias(const FunctionName& function, ChangeAlias change, Done<FunctionAlias> done);
  void update_alias(const FunctionName& function, ChangeAlias change, Done<FunctionAlias> done);
  void remove_alias(const FunctionName& function, const std::string& alias, Done<bool> done);

  // How events are handled, and URLs: of functions, versions and aliases.
  QualifierSettings& event_configs() { return event_configs_; }
  const QualifierSettings& event_configs() const { return event_configs_; }
  FunctionUrls& urls() { return urls_; }
  const FunctionUrls& urls() const { return urls_; }
  // The function exists, and with it the version or the alias that its name has.
  bool exists(const FunctionName& name) const;

  // Changes what stands beside a function's configuration: its limit, its tags. Its revision and
  // with it its workers stay. `change` is called at once.
  void change_beside(const FunctionName& function,
                     const std::function<Result<>(FunctionConfiguration&)>& change,
                     Done<FunctionConfiguration> done);

  Layers& layers() { return layers_; }
  // How many workers are kept for a version or an alias.
  void provision(const FunctionName& name, int64_t count, Done<FunctionConfiguration> done);
  void unprovision(const FunctionName& name, Done<FunctionConfiguration> done);

  // A version, or what an alias stands for; `chance` in [0, 1) chooses where that is two, 1 its
  // own.
  Result<std::shared_ptr<const FunctionConfiguration>> find(const FunctionName& name,
                                                            double chance = 1) const;
  // As find. AWS's text for one that is missing names the version even where the caller did not.
  Result<std::shared_ptr<const FunctionConfiguration>> find_to_invoke(FunctionName name,
                                                                      double chance) const {
    if (name.qualifier.empty()) name.qualifier = "$LATEST";
    return find(name, chance);
  }
  std::vector<FunctionConfiguration> list(const engine::Tenant& tenant) const;
  std::vector<std::shared_ptr<const FunctionConfiguration>> all() const;  // of every tenant

  // The archive that was uploaded, of a function or a layer.
  Result<std::string> package(const std::string& blob) { return blobs_.get(blob); }
  // The folder that holds the function's code, unpacked if it is not yet; its layers are then
  // merged where the workers look for them.
  Result<std::string> code_root(const FunctionConfiguration& function);

 private:
  using Handle = std::shared_ptr<const FunctionConfiguration>;
  struct Stored {
    Handle function;
    int64_t revision = 0;
  };
  Result<FunctionConfiguration> prepare(CreateFunction request);
  Result<Handle> find_qualified(const Handle& latest, const std::string& qualifier,
                                double chance) const;
  Result<FunctionAlias> change_alias(const FunctionName& function, ChangeAlias change,
                                     std::optional<FunctionAlias> before);
  void remove_latest(const FunctionName& name, Done<std::string> done);
  void forget_qualifier(const FunctionName& name, Done<bool> done);
  void publish_next(FunctionConfiguration latest, PublishVersion request,
                    Done<FunctionConfiguration> done);
  int64_t revision_of(const std::string& arn) const;
  Result<> set_layers(FunctionConfiguration& function, const std::vector<std::string>& arns);
  Result<> check_provisioned_once(const FunctionName& name,
                                  const FunctionConfiguration& latest) const;
  Result<> take_code(FunctionConfiguration& function, FunctionCode code);
  Result<> touch(FunctionConfiguration& function);
  void note_runtime(const FunctionConfiguration& function);
  void save(FunctionConfiguration function, int64_t expected_revision,
            Done<FunctionConfiguration> done);

  const Clock& clock_;
  Random& random_;
  engine::Documents documents_;
  FunctionVersions versions_;
  FunctionAliases aliases_;
  Layers layers_;
  QualifierSettings event_configs_;
  FunctionUrls urls_;
  engine::Blobs& blobs_;
  const std::string code_folder_, layers_folder_;
  mutable std::mutex mutex_;
  std::map<std::string, Stored> functions_;  // parsed, by ARN
  std::set<std::string> noted_runtimes_;     // whose mapping was logged
  std::set<std::string> unpacked_;           // packages and lists of layers that were found so
};

}  // namespace perdure::executors
