#pragma once
// URLs of functions: their settings, and which function an URL's id stands for.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "executors/functions/catalog/qualifier_settings.h"

namespace perdure::executors {

// The first label of an URL's host. It follows from the name, so that whoever makes an URL again
// finds it where it was.
std::string function_url_id(const FunctionName& name);

// Safe from any thread. Callbacks come once the change is durable.
class FunctionUrls {
 public:
  explicit FunctionUrls(engine::DocumentWriter& writer) : settings_("function_url", writer) {}

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

  void put(const FunctionName& name, const Json& settings, bool create, Done<bool> done);
  void remove(const FunctionName& name, Done<bool> done) {
    settings_.remove(name, std::move(done));
  }
  void remove_all(const FunctionName& function, Done<bool> done) {
    settings_.remove_all(function, std::move(done));
  }

 private:
  void remember(FunctionName name);

  QualifierSettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, FunctionName, std::less<>> by_id_;  // of those that are gone too
};

}  // namespace perdure::executors
