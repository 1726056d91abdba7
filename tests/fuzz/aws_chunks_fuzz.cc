// Any bytes as a body in AWS's chunks: however they come in pieces, the same content.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/aws/aws_chunked.h"
#include "base/result.h"

using namespace perdure;

namespace {

struct Chunks final : api::AwsChunks {
  std::string content;
  Result<> data(std::string_view piece) override {
    content += piece;
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Chunks whole, bytes;
  const bool whole_is_good = whole.feed(text).has_value();
  bool good = true;
  for (size_t at = 0; at < size && good; ++at) good = bytes.feed(text.substr(at, 1)).has_value();
  PD_ASSERT(good == whole_is_good && bytes.content == whole.content);
  PD_ASSERT(!good || (bytes.finished() == whole.finished() &&
                      bytes.trailers().size() == whole.trailers().size()));
  PD_ASSERT(whole.content.size() <= size);
  return 0;
}
