// Any bytes as what a server answers to a call of ours: however they come in pieces, the same is
// read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http_parser.h"
#include "base/result.h"

using namespace perdure;

namespace {

constexpr size_t head_limit_bytes = 1024;

struct Body final : BodyReceiver {
  std::string text;
  bool receive(std::string_view piece) override {
    text += piece;
    return true;
  }
};

// What was read, with how it ended; `step` bytes at a time.
std::string read(std::string_view text, size_t step) {
  const auto parser = make_response_parser(head_limit_bytes);
  Body body;
  std::string pending, head;
  for (size_t at = 0; at <= text.size();) {
    const ParseStep parsed = parser->feed(pending, body);
    PD_ASSERT(parsed.consumed <= pending.size());
    pending.erase(0, parsed.consumed);
    if (parsed.state == ParseStep::State::failed) return "failed";
    if (parsed.state == ParseStep::State::done) return head + body.text;
    if (parsed.state == ParseStep::State::head) {
      PD_ASSERT(parser->status() >= 100 && parser->status() <= 999);
      head = std::to_string(parser->status());
      for (const auto& [name, value] : parser->headers()) head += "\n" + name + ": " + value;
      continue;
    }
    if (at == text.size()) break;
    pending += text.substr(at, step);
    at = std::min(text.size(), at + step);
  }
  return parser->feed_end().state == ParseStep::State::done ? head + body.text : "failed";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size == 0 || size > 16 * 1024) return 0;
  const std::string whole = read(text, size), bytes = read(text, 1);
  PD_ASSERT(whole == "failed" || bytes == "failed" || whole == bytes);
  return 0;
}
