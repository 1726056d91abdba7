#pragma once
// What may be set beside the configuration of a function, a version or an alias: how its events are
// handled, its URL. One JSON object for each, documents named NAME:QUALIFIER, where the qualifier
// of the function itself is $LATEST. They go with what they belong to.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "engine/catalog/documents.h"
#include "executors/functions/catalog/function_name.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// Safe from any thread. Callbacks come once the change is durable.
class QualifierSettings {
 public:
  // `kind`: of the documents.
  QualifierSettings(std::string kind, engine::DocumentWriter& writer)
      : documents_(std::move(kind), writer) {}

  Result<> load(engine::Store& store) { return documents_.load(store); }

  std::optional<Json> find(const FunctionName& name) const;
  // Of the function and all its qualifiers, which come with each.
  std::vector<std::pair<std::string, Json>> list(const FunctionName& function) const;
  // Of all functions of everybody.
  std::vector<std::pair<FunctionName, Json>> all() const;

  // `create`: conflict where there is one already.
  void put(const FunctionName& name, const Json& settings, bool create, Done<bool> done);
  void remove(const FunctionName& name, Done<bool> done);  // one that is not there is fine
  void remove_all(const FunctionName& function, Done<bool> done);

 private:
  engine::Documents documents_;
};

}  // namespace perdure::executors
