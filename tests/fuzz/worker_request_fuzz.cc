// Any bytes as what a worker says to the Runtime API: however they come in pieces, the same
// requests are read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "executors/functions/endpoint/http_request.h"

using namespace perdure;
using namespace perdure::executors;

namespace {

constexpr size_t body_limit_bytes = 4096;

struct Reader {
  HttpRequestReader reader{body_limit_bytes};
  std::string seen;
  bool failed = false;

  void push(std::string_view bytes) {
    if (failed) return;
    reader.push(bytes);
    while (true) {
      const auto next = reader.next();
      if (!next) {
        PD_ASSERT(!next.error().cause.empty());
        failed = true;
        return;
      }
      if (!*next) return;
      const executors::HttpRequest& request = **next;
      PD_ASSERT(request.body.size() <= body_limit_bytes);
      seen += request.method + " " + request.path + "\n" + request.body + "\n";
      for (const auto& [name, value] : request.headers) seen += name + ":" + value + "\n";
      for (const auto& [name, value] : request.trailers) seen += name + ":" + value + "\n";
      seen += request.too_large ? "too large" : "";
      seen += request.last ? "last" : "";
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 64 * 1024) return 0;
  Reader whole, bytes;
  whole.push(text);
  for (const char c : text) bytes.push({&c, 1});
  if (!whole.failed && !bytes.failed) PD_ASSERT(whole.seen == bytes.seen);
  return 0;
}
