#pragma once
// Aliases of functions: names for versions, with weights. Documents named NAME:ALIAS.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/catalog/documents.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// A number in [0, 1) from 64 random bits.
double chance_of(uint64_t bits);
// The version that an invocation gets: of `chance`, a number in [0, 1), each weighted version has
// its part, the alias's own the rest.
std::string pick_version(const FunctionAlias& alias, double chance);

// Safe from any thread. Callbacks come once the change is durable.
class FunctionAliases {
 public:
  explicit FunctionAliases(engine::DocumentWriter& writer) : documents_("function_alias", writer) {}

  Result<> load(engine::Store& store) { return documents_.load(store); }
  std::optional<FunctionAlias> find(const engine::Tenant& tenant, std::string_view function,
                                    std::string_view alias) const;
  std::vector<FunctionAlias> list(const engine::Tenant& tenant, std::string_view function) const;

  // A new one, if `create`: ResourceConflictException where it exists.
  void put(FunctionAlias alias, bool create, Done<FunctionAlias> done);
  void remove(const engine::Tenant& tenant, const std::string& function, const std::string& alias,
              Done<bool> done);
  void remove_all(const engine::Tenant& tenant, const std::string& function, Done<bool> done);

 private:
  engine::Documents documents_;
};

}  // namespace perdure::executors
