#include "executors/functions/pool/code_caches.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"

namespace perdure::executors {
namespace {

constexpr int64_t least_code_bytes = 32 << 10;  // less is compiled in no time
constexpr uint64_t max_editions = 3;  // what is rejected again and again is not worth the effort
constexpr size_t max_unwritten_bytes = 32 << 20;

std::string name_of(const std::string& text) { return hex(sha256(text)).substr(0, 32); }

// V8 takes no cache that was made with other flags, and the size of the heap is one.
std::string code_name(const FunctionConfiguration& function) {
  std::string text = function.code_sha256 + "\n" + std::to_string(function.memory_mib);
  for (const FunctionLayer& layer : function.layers) text += "\n" + layer.blob;
  return name_of(text);
}

// Not for a folder that is used in place: its files change.
bool may_have_one(const FunctionConfiguration& function) {
  return function.runtime.starts_with("nodejs") && !function.code_blob.empty() &&
         (function.unpacked_size >= least_code_bytes || !function.layers.empty()) &&
         !function.environment.contains("NODE_OPTIONS") &&
         !function.environment.contains("NODE_V8_COVERAGE");
}

// Workers may be of another user than we are. The folder that holds those of all stays closed.
Result<> store(const std::string& folder, const std::string& file, std::string_view bytes) {
  PD_CHECK(make_directories(folder));
  if (chmod(folder.c_str(), 0755) != 0) return system_error("open", folder, errno);
  PD_CHECK(write_file_atomically(file, bytes));
  if (chmod(file.c_str(), 0644) != 0) return system_error("open", file, errno);
  return {};
}

void remove_all_but(const std::string& folder, const std::vector<std::string>& names) {
  const auto there = list_directory(folder);
  if (!there) return;  // nothing was ever kept
  for (const std::string& name : *there) {
    if (std::ranges::find(names, name) == names.end()) (void)remove_directory(folder + "/" + name);
  }
}

}  // namespace

CodeCaches::CodeCaches(std::string folder, Runner& runner)
    : folder_(std::move(folder)), runner_(runner) {}

std::string CodeCaches::folder_of(const FunctionConfiguration& function) const {
  return folder_ + "/" + name_of(function.arn) + "/" + code_name(function);
}

CodeCaches::Offer CodeCaches::offer(const FunctionConfiguration& function) {
  if (!may_have_one(function)) return {};
  Offer offer{.folder = folder_of(function)};
  {
    std::lock_guard lock(mutex_);
    const auto found = editions_.find(offer.folder);
    if (found != editions_.end()) offer.edition = found->second;
  }
  offer.wanted = offer.edition < max_editions;
  if (!file_exists(offer.folder + "/" + std::string(file_name))) offer.folder.clear();
  return offer;
}

bool CodeCaches::take(const FunctionConfiguration& function, uint64_t edition, std::string bytes) {
  if (!may_have_one(function) || bytes.empty() || bytes.size() > max_bytes) return false;
  const std::string folder = folder_of(function);
  const size_t size = bytes.size();
  {
    std::lock_guard lock(mutex_);
    uint64_t& taken = editions_[folder];
    if (taken != edition || taken >= max_editions || *unwritten_ + size > max_unwritten_bytes) {
      return false;
    }
    ++taken;
    *unwritten_ += size;
  }
  runner_.post([root = folder_, folder, arn = function.arn, bytes = std::move(bytes),
                unwritten = unwritten_] {
    Result<> stored = make_directories(root, 0700);
    if (stored) stored = store(folder, folder + "/" + std::string(file_name), bytes);
    *unwritten -= bytes.size();
    if (!stored) log_warning("no code cache for {}: {}", arn, stored.error().cause);
  });
  return true;
}

void CodeCaches::keep_only(const std::string& function_arn,
                           const std::vector<FunctionConfiguration>& versions) {
  std::vector<std::string> names;
  for (const FunctionConfiguration& version : versions) names.push_back(code_name(version));
  const std::string of_function = folder_ + "/" + name_of(function_arn);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(editions_, [&](const auto& each) {
      const std::string& folder = each.first;
      return folder.starts_with(of_function + "/") &&
             std::ranges::find(names, folder.substr(of_function.size() + 1)) == names.end();
    });
  }
  runner_.post([of_function, names = std::move(names)] {
    remove_all_but(of_function, names);
    if (names.empty()) (void)remove_directory(of_function);
  });
}

void CodeCaches::keep_functions(const std::vector<std::string>& function_arns) {
  std::vector<std::string> names;
  for (const std::string& arn : function_arns) names.push_back(name_of(arn));
  runner_.post([root = folder_, names = std::move(names)] { remove_all_but(root, names); });
}

}  // namespace perdure::executors
