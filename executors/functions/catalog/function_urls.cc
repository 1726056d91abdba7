#include "executors/functions/catalog/function_urls.h"

#include "base/hash.h"

namespace perdure::executors {

namespace {

constexpr const char* id_member = "url_id";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t id_length = 32;

std::string new_id(Random& random) {
  std::string id;
  for (size_t i = 0; i < id_length; ++i) id += letters[random.next() % letters.size()];
  return id;
}

}  // namespace

std::string function_url_id(const FunctionName& name, const Json& settings) {
  if (const auto id = settings.find(id_member); id != settings.end()) return id->get<std::string>();
  const Sha256 digest = sha256("function url " + name.arn() + " " +
                               (name.qualifier == "$LATEST" ? "" : name.qualifier));
  std::string id;
  for (size_t i = 0; i < id_length; ++i) id += letters[digest[i] % letters.size()];
  return id;
}

Result<> FunctionUrls::load(engine::Store& store) {
  PD_CHECK(settings_.load(store));
  for (const auto& [name, settings] : settings_.all()) remember(name, settings);
  return {};
}

void FunctionUrls::remember(FunctionName name, const Json& settings) {
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  const std::lock_guard lock(mutex_);
  by_id_[function_url_id(name, settings)] = std::move(name);
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
  if (!settings || function_url_id(name, *settings) != id) return std::nullopt;
  return Found{std::move(name), std::move(*settings)};
}

void FunctionUrls::put(const FunctionName& name, Json& settings, bool create, Done<bool> done) {
  if (create) {
    const std::lock_guard lock(mutex_);
    settings[id_member] = new_id(random_);
  }
  settings_.put(name, settings, create,
                [this, name, settings, done = std::move(done)](Result<bool> stored) {
                  if (stored) remember(name, settings);
                  done(std::move(stored));
                });
}

}  // namespace perdure::executors
