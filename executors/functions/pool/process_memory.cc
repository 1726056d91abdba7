#include "executors/functions/pool/process_memory.h"

#include <charconv>
#include <string>

#include "base/files.h"

namespace perdure::executors {

std::optional<int64_t> pss_kib_of(std::string_view smaps_rollup) {
  size_t at = smaps_rollup.find("\nPss:");
  if (at == smaps_rollup.npos) return std::nullopt;
  std::string_view rest = smaps_rollup.substr(at + 5);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  int64_t kib = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), kib);
  if (error != std::errc() || end == rest.data()) return std::nullopt;
  return kib;
}

std::optional<int64_t> process_memory_kib(int64_t pid) {
  if (pid <= 0) return std::nullopt;
  auto text = read_file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  return text ? pss_kib_of(*text) : std::nullopt;
}

}  // namespace perdure::executors
