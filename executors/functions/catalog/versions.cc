#include "executors/functions/catalog/versions.h"

#include <charconv>

#include "executors/functions/catalog/document.h"

namespace perdure::executors {
namespace {

// 0: no number of a version.
int64_t number_of(std::string_view version) {
  int64_t number = 0;
  const auto [end, wrong] =
      std::from_chars(version.data(), version.data() + version.size(), number);
  return wrong == std::errc() && end == version.data() + version.size() ? number : 0;
}

}  // namespace

Result<> FunctionVersions::load(engine::Store& store) {
  PD_CHECK(documents_.load(store));
  std::lock_guard lock(mutex_);
  for (const engine::Document& document : documents_.all()) {
    PD_TRY(version, from_document(document));
    Key key(version.arn, number_of(version.version));
    versions_[std::move(key)] = std::make_shared<FunctionConfiguration>(std::move(version));
  }
  return {};
}

FunctionVersions::Handle FunctionVersions::find(std::string_view function_arn,
                                                std::string_view version) const {
  std::lock_guard lock(mutex_);
  const auto found = versions_.find(Key(function_arn, number_of(version)));
  return found == versions_.end() ? nullptr : found->second;
}

std::vector<FunctionConfiguration> FunctionVersions::list(std::string_view function_arn) const {
  std::vector<FunctionConfiguration> result;
  std::lock_guard lock(mutex_);
  for (auto it = versions_.lower_bound(Key(function_arn, 0));
       it != versions_.end() && it->first.first == function_arn; ++it) {
    result.push_back(*it->second);
  }
  return result;
}

void FunctionVersions::put(FunctionConfiguration version, Done<FunctionConfiguration> done) {
  auto handle = std::make_shared<const FunctionConfiguration>(std::move(version));
  documents_.put(handle->tenant, handle->name + ":" + handle->version, to_document(*handle), 0,
                 [this, handle, done = std::move(done)](Result<int64_t> stored) {
                   if (!stored) return done(stored.error());
                   {
                     std::lock_guard lock(mutex_);
                     versions_[Key(handle->arn, number_of(handle->version))] = handle;
                   }
                   done(*handle);
                 });
}

void FunctionVersions::remove(const FunctionConfiguration& function, const std::string& version,
                              Done<bool> done) {
  documents_.remove(function.tenant, function.name + ":" + version, std::nullopt,
                    [this, key = Key(function.arn, number_of(version)),
                     done = std::move(done)](Result<int64_t> removed) {
                      if (!removed) return done(removed.error());
                      {
                        std::lock_guard lock(mutex_);
                        versions_.erase(key);
                      }
                      done(true);
                    });
}

// One after the other: what a crash interrupts is done again with the function, which goes last.
void FunctionVersions::remove_all(const FunctionConfiguration& function, Done<bool> done) {
  const auto left = list(function.arn);
  if (left.empty()) return done(true);
  remove(left.front(), left.front().version,
         [this, function, done = std::move(done)](Result<bool> removed) mutable {
           if (!removed) return done(removed.error());
           remove_all(function, std::move(done));
         });
}

}  // namespace perdure::executors
