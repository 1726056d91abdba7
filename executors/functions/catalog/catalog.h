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
#include "executors/functions/catalog/function_name.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// Safe from any thread; `random` is used under a lock of ours. All arguments outlive it.
class FunctionCatalog {
 public:
  FunctionCatalog(const Clock& clock, Random& random, engine::DocumentWriter& writer,
                  engine::Blobs& blobs, std::string code_folder);

  Result<> load(engine::Store& store);

  // These check and unpack on the caller's thread; `done` comes once the change is durable.
  void create(CreateFunction request, Done<FunctionConfiguration> done);
  void update(const engine::Tenant& tenant, std::string_view function, UpdateFunction update,
              Done<FunctionConfiguration> done);
  void remove(const engine::Tenant& tenant, std::string_view function, Done<std::string> done);

  Result<std::shared_ptr<const FunctionConfiguration>> find(const FunctionName& name) const;
  std::vector<FunctionConfiguration> list(const engine::Tenant& tenant) const;

  // The folder that holds the function's code, unpacked if it is not yet.
  Result<std::string> code_root(const FunctionConfiguration& function);

 private:
  using Handle = std::shared_ptr<const FunctionConfiguration>;
  struct Stored {
    Handle function;
    int64_t revision = 0;
  };
  Result<FunctionConfiguration> prepare(CreateFunction request);
  Result<> take_code(FunctionConfiguration& function, FunctionCode code);
  Result<> touch(FunctionConfiguration& function);
  void note_runtime(const FunctionConfiguration& function);
  void save(FunctionConfiguration function, int64_t expected_revision,
            Done<FunctionConfiguration> done);

  const Clock& clock_;
  Random& random_;
  engine::Documents documents_;
  engine::Blobs& blobs_;
  const std::string code_folder_;
  mutable std::mutex mutex_;
  std::map<std::string, Stored> functions_;  // parsed, by ARN
  std::set<std::string> noted_runtimes_;     // whose mapping was logged
  std::set<std::string> unpacked_;           // blobs that were found unpacked
};

// The document's text and back.
std::string to_document(const FunctionConfiguration& function);
Result<FunctionConfiguration> from_document(const engine::Document& document);

}  // namespace perdure::executors
