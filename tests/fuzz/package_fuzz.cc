// Any bytes as a function's package: refused, or of the size that was found.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "executors/functions/catalog/package.h"

using namespace perdure;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view zip(reinterpret_cast<const char*>(data), size);
  if (size > 256 * 1024) return 0;  // more would unpack for long
  const auto bytes = executors::check_package(zip);
  if (bytes) {
    PD_ASSERT(*bytes <= executors::max_unpacked_bytes);
  } else {
    PD_ASSERT(!bytes.error().name.empty() && !bytes.error().cause.empty());
  }
  return 0;
}
