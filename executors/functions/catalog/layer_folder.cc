#include "executors/functions/catalog/layer_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "executors/functions/catalog/package.h"
#include "executors/functions/sockets.h"

namespace perdure::executors {
namespace {

namespace fs = std::filesystem;

// A file takes the place of what an earlier layer has there; folders are united.
Result<> lay_over(const fs::path& layer, const fs::path& merged) {
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(layer, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const fs::path target = merged / it->path().lexically_relative(layer);
    const bool folder = it->is_directory() && !it->is_symlink();
    const bool keeps_folder = folder && fs::is_directory(fs::symlink_status(target));
    if (!keeps_folder) fs::remove_all(target, error);
    if (error) break;
    if (folder) {
      fs::create_directory(target, error);
    } else {
      fs::create_hard_link(it->path(), target, error);
    }
    if (error) break;
  }
  if (error) return system_error("merge", layer.string(), error.value());
  return {};
}

Result<> merge_into(const std::vector<FunctionLayer>& layers, engine::Blobs& blobs,
                    const std::string& folder, const std::string& partial) {
  PD_CHECK(make_directories(partial));
  for (const FunctionLayer& layer : layers) {
    const std::string unpacked = folder + "/" + layer.blob;
    if (!file_exists(unpacked)) {
      PD_TRY(zip, blobs.get(layer.blob));
      PD_CHECK(unpack_package(zip, unpacked));
    }
    PD_CHECK(lay_over(unpacked, partial));
  }
  PD_CHECK(open_folders(partial));
  const Descriptor root(open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root || syncfs(root.get()) != 0) return system_error("sync", partial, errno);
  return {};
}

}  // namespace

std::string merged_layers_name(const std::vector<FunctionLayer>& layers) {
  std::string blobs;
  for (const FunctionLayer& layer : layers) blobs += layer.blob + "\n";
  return "opt-" + hex(sha256(blobs)).substr(0, 32);
}

Result<> merge_layers(const std::vector<FunctionLayer>& layers, engine::Blobs& blobs,
                      const std::string& folder) {
  static std::atomic<uint64_t> attempts{0};
  const std::string merged = folder + "/" + merged_layers_name(layers);
  if (file_exists(merged)) return {};
  const std::string partial =
      merged + ".partial-" + std::to_string(getpid()) + "-" + std::to_string(attempts.fetch_add(1));
  PD_CHECK(remove_directory(partial));
  Result<> done = merge_into(layers, blobs, folder, partial);
  if (done && rename(partial.c_str(), merged.c_str()) != 0 && errno != EEXIST &&
      errno != ENOTEMPTY) {
    done = system_error("rename", partial, errno);
  }
  (void)remove_directory(partial);  // left over only if another was faster, or nothing worked
  PD_CHECK(std::move(done));
  return sync_directory(folder);
}

}  // namespace perdure::executors
