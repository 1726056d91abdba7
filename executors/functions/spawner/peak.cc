#include "executors/functions/spawner/peak.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace perdure::executors::spawn {
namespace {

// From its beginning, as such files are made anew for whoever reads that.
std::string_view text_of(const Descriptor& file, char* buffer, size_t size) {
  const ssize_t got = file ? pread(file.get(), buffer, size, 0) : 0;
  return {buffer, got > 0 ? static_cast<size_t>(got) : 0};
}

uint64_t number_in(std::string_view text) {
  uint64_t number = 0;
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

uint64_t peak_kib(const PeakFiles& files, uint64_t memory_mib) {
  char buffer[4096];
  uint64_t of_group = number_in(text_of(files.group, buffer, sizeof buffer)) / 1024;
  of_group = std::min(of_group, memory_mib << 10);
  // "VmHWM:     9876 kB"; its name, which it chooses, has no line break.
  const std::string_view status = text_of(files.status, buffer, sizeof buffer);
  const size_t at = status.find("\nVmHWM:");
  return std::max(of_group, at == status.npos ? 0 : number_in(status.substr(at)));
}

}  // namespace perdure::executors::spawn
