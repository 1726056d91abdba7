#pragma once
// Published versions of functions: configurations that never change. Documents named NAME:NUMBER.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/catalog/documents.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// Safe from any thread. Callbacks come once the change is durable.
class FunctionVersions {
 public:
  using Handle = std::shared_ptr<const FunctionConfiguration>;

  explicit FunctionVersions(engine::DocumentWriter& writer)
      : documents_("function_version", writer) {}

  Result<> load(engine::Store& store);
  // Null if there is no such version.
  Handle find(std::string_view function_arn, std::string_view version) const;
  std::vector<FunctionConfiguration> list(std::string_view function_arn) const;  // by number

  void put(FunctionConfiguration version, Done<FunctionConfiguration> done);
  // One that is not there is fine, as on AWS.
  void remove(const FunctionConfiguration& function, const std::string& version, Done<bool> done);
  void remove_all(const FunctionConfiguration& function, Done<bool> done);

 private:
  using Key = std::pair<std::string, int64_t>;  // ARN of the function, number

  engine::Documents documents_;
  mutable std::mutex mutex_;
  std::map<Key, Handle> versions_;
};

}  // namespace perdure::executors
