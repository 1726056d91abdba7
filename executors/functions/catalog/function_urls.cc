#include "executors/functions/catalog/function_urls.h"

#include "base/hash.h"

namespace perdure::executors {

std::string function_url_id(const FunctionName& name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr size_t length = 32;
  const Sha256 digest = sha256("function url " + name.arn() + " " +
                               (name.qualifier == "$LATEST" ? "" : name.qualifier));
  std::string id;
  for (size_t i = 0; i < length; ++i) id += letters[digest[i] % letters.size()];
  return id;
}

Result<> FunctionUrls::load(engine::Store& store) {
  PD_CHECK(settings_.load(store));
  for (const auto& [name, settings] : settings_.all()) remember(name);
  return {};
}

void FunctionUrls::remember(FunctionName name) {
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  const std::lock_guard lock(mutex_);
  by_id_[function_url_id(name)] = std::move(name);
}

std::optional<FunctionUrls::Found> FunctionUrls::find_by_id(std::string_view id) const {
  FunctionName name;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    name = found->second;
  }
  auto settings = settings_.find(name);
  if (!settings) return std::nullopt;
  return Found{std::move(name), std::move(*settings)};
}

void FunctionUrls::put(const FunctionName& name, const Json& settings, bool create,
                       Done<bool> done) {
  remember(name);
  settings_.put(name, settings, create, std::move(done));
}

}  // namespace perdure::executors
