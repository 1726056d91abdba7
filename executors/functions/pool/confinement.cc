#include "executors/functions/pool/confinement.h"

#include <filesystem>

#include "executors/functions/pool/layer_paths.h"

namespace perdure::executors {
namespace {

namespace fs = std::filesystem;

constexpr const char* seen_sockets = "/run/perdure";
constexpr int64_t usual_tmp_mib = 512;

// Without symbolic links, which would lead elsewhere in another root.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }

int64_t tmp_mib_of(const FunctionConfiguration& function) {
  const auto storage = function.extra.find("EphemeralStorage");
  if (storage == function.extra.end() || !storage->is_object()) return usual_tmp_mib;
  return storage->value("Size", usual_tmp_mib);
}

}  // namespace

bool has_network(const FunctionConfiguration& function) {
  const auto found = function.environment.find("PERDURE_NETWORK");
  return found == function.environment.end() || found->second != "none";
}

SeenPlaces seen_by_worker(const std::string& code_root, const RuntimePlaces& places,
                          const std::string& opt_root) {
  SeenPlaces seen{code_root, places, opt_root};
  if (places.level < sandbox::Level::b) return seen;
  if (!opt_root.empty()) seen.opt_root = "/opt";
  seen.code_root = "/var/task";
  seen.places.bootstrap_folder = "/var/runtime";
  seen.places.endpoint_socket =
      seen_sockets + ("/" + fs::path(places.endpoint_socket).filename().string());
  return seen;
}

spawn::SandboxOrder sandbox_order(const FunctionConfiguration& function,
                                  const std::string& code_root, const std::string& program,
                                  const RuntimePlaces& places) {
  spawn::SandboxOrder order;
  order.level = static_cast<uint8_t>(places.level);
  order.network = has_network(function) ? 1 : 0;
  order.memory_mib = static_cast<uint64_t>(function.memory_mib);
  order.tmp_mib = static_cast<uint64_t>(tmp_mib_of(function));
  order.folders = {{real_path(code_root), "/var/task"},
                   {real_path(places.bootstrap_folder), "/var/runtime"},
                   {real_path(parent_of(places.endpoint_socket)), seen_sockets}};
  if (const std::string opt_root = opt_root_of(function, places); !opt_root.empty()) {
    order.folders.push_back({real_path(opt_root), "/opt"});
  }
  // An interpreter beside the machine's own: PREFIX/bin/node needs PREFIX/lib too.
  const std::string real = real_path(program);
  if (!program.empty() && !(real.starts_with("/usr/") && program.starts_with("/usr/"))) {
    const std::string prefix = parent_of(parent_of(real));
    if (prefix.size() > 1) order.folders.push_back({prefix, prefix});
    if (real != program) order.folders.push_back({parent_of(real), parent_of(program)});
  }
  if (!places.writable_folder.empty()) order.writable = {places.writable_folder};
  return order;
}

std::string show_folder(spawn::SandboxOrder& order, const std::string& folder,
                        const std::string& place) {
  order.folders.push_back({real_path(folder), place});
  return order.level < static_cast<uint8_t>(sandbox::Level::b) ? folder : place;
}

}  // namespace perdure::executors
