#include "executors/functions/catalog/aliases.h"

#include "executors/functions/catalog/document.h"
#include "executors/functions/catalog/function_name.h"

namespace perdure::executors {

double chance_of(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

std::string pick_version(const FunctionAlias& alias, double chance) {
  for (const auto& [version, weight] : alias.weights) {
    if (chance < weight) return version;
    chance -= weight;
  }
  return alias.version;
}

std::optional<FunctionAlias> FunctionAliases::find(const engine::Tenant& tenant,
                                                   std::string_view function,
                                                   std::string_view alias) const {
  const auto document = documents_.find(tenant, std::string(function) + ":" + std::string(alias));
  if (!document) return std::nullopt;
  const auto read = alias_from_document(*document);
  return read ? std::optional(*read) : std::nullopt;
}

std::vector<FunctionAlias> FunctionAliases::list(const engine::Tenant& tenant,
                                                 std::string_view function) const {
  std::vector<FunctionAlias> result;
  for (const engine::Document& document : documents_.list(tenant)) {
    const auto alias = alias_from_document(document);
    if (alias && alias->function == function) result.push_back(*alias);
  }
  return result;
}

void FunctionAliases::put(FunctionAlias alias, bool create, Done<FunctionAlias> done) {
  const std::string name = alias.function + ":" + alias.name;
  std::string text = to_document(alias);
  const engine::Tenant tenant = alias.tenant;
  documents_.put(tenant, name, std::move(text), create ? std::optional<int64_t>(0) : std::nullopt,
                 [alias = std::move(alias), done = std::move(done)](Result<int64_t> stored) {
                   if (stored) return done(alias);
                   if (stored.error().kind != ErrorKind::conflict) return done(stored.error());
                   done(Error{ErrorKind::conflict, "ResourceConflictException",
                              "Alias already exists: " +
                                  function_arn(alias.tenant, alias.function) + ":" + alias.name});
                 });
}

void FunctionAliases::remove(const engine::Tenant& tenant, const std::string& function,
                             const std::string& alias, Done<bool> done) {
  documents_.remove(tenant, function + ":" + alias, std::nullopt,
                    [done = std::move(done)](Result<int64_t> removed) {
                      if (!removed) return done(removed.error());
                      done(true);
                    });
}

// As with versions: one after the other, before their function.
void FunctionAliases::remove_all(const engine::Tenant& tenant, const std::string& function,
                                 Done<bool> done) {
  const auto left = list(tenant, function);
  if (left.empty()) return done(true);
  remove(tenant, function, left.front().name,
         [this, tenant, function, done = std::move(done)](Result<bool> removed) mutable {
           if (!removed) return done(removed.error());
           remove_all(tenant, function, std::move(done));
         });
}

}  // namespace perdure::executors
