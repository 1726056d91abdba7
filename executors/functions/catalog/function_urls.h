#pragma once
// URLs of functions: their settings, and which function an URL's id stands for.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "executors/functions/catalog/qualifier_settings.h"

namespace perdure::executors {

// The first label of an URL's host: chance, so that nobody guesses it. One that was made when it
// followed from the name keeps that.
std::string function_url_id(const FunctionName& name, const Json& settings);

// Safe from any thread. Callbacks come once the change is durable.
class FunctionUrls {
 public:
  // `random` is used under a lock of ours and outlives the object.
  FunctionUrls(engine::DocumentWriter& writer, Random& random)
      : settings_("function_url", writer), random_(random) {}

  Result<> load(engine::Store& store);

  struct Found {
    FunctionName name;  // its qualifier is $LATEST or an alias
    Json settings;
  };
  std::optional<Found> find_by_id(std::string_view id) const;
  std::optional<Json> find(const FunctionName& name) const { return settings_.find(name); }
  std::vector<std::pair<std::string, Json>> list(const FunctionName& function) const {
    return settings_.list(function);
  }

  // One that is created gets an id; `settings` are then those that are stored.
  void put(const FunctionName& name, Json& settings, bool create, Done<bool> done);
  void remove(const FunctionName& name, Done<bool> done) {
    settings_.remove(name, std::move(done));
  }
  void remove_all(const FunctionName& function, Done<bool> done) {
    settings_.remove_all(function, std::move(done));
  }

 private:
  void remember(FunctionName name, const Json& settings);

  QualifierSettings settings_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, FunctionName, std::less<>> by_id_;  // of those that are gone too
};

}  // namespace perdure::executors
