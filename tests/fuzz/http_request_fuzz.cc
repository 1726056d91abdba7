// Any bytes as what a client of the server sends: however they come in pieces, the same requests
// are read, and the same end is found.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http_parser.h"
#include "base/net/http_url.h"
#include "base/result.h"

using namespace perdure;

namespace {

constexpr size_t head_limit_bytes = 1024;

struct Reader final : BodyReceiver {
  std::unique_ptr<RequestParser> parser = make_request_parser(head_limit_bytes);
  std::string pending;  // not consumed yet
  std::string seen;     // what was understood so far
  bool failed = false;

  bool receive(std::string_view piece) override {
    seen += piece;
    return true;
  }
  void head() {
    seen += "\nHEAD " + parser->method() + " " + parser->target();
    for (const auto& [name, value] : parser->headers()) {
      PD_ASSERT(!name.empty());
      seen += "\n" + name + ": " + value;
    }
    seen += "\n" + std::to_string(parser->content_length().value_or(0)) +
            (parser->has_body() ? " body" : "") + (parser->keep_alive() ? " goes on" : "") + "\n";
    HttpRequest request;
    request.target = parser->target();
    PD_ASSERT(!request.path().empty());
    (void)request.decoded_path();
    (void)request.query_parameters();
  }
  void feed(std::string_view piece) {
    pending += piece;
    while (!failed) {
      const ParseStep step = parser->feed(pending, *this);
      PD_ASSERT(step.consumed <= pending.size());
      pending.erase(0, step.consumed);
      if (step.state == ParseStep::State::more) return;
      if (step.state == ParseStep::State::head) head();
      if (step.state == ParseStep::State::failed) {
        failed = true;
        PD_ASSERT(parser->failure().status >= 400 && !parser->failure().why.empty());
        seen += "\nFAILED " + std::to_string(parser->failure().status);
      }
      if (step.state == ParseStep::State::done) {
        seen += "\nDONE";
        parser->reset();
        if (pending.empty()) return;
      }
    }
  }
};

void check_url(std::string_view text) {
  const auto url = HttpUrl::parse(text);
  if (!url) return;
  const auto again = HttpUrl::parse(url->text());
  PD_ASSERT(again && again->text() == url->text() && again->host == url->host);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 16 * 1024) return 0;
  Reader whole, bytes;
  whole.feed(text);
  for (const char c : text) bytes.feed({&c, 1});
  // A head is too large as soon as that is known, which is sooner with all of it at hand.
  if (!whole.failed && !bytes.failed) PD_ASSERT(whole.seen == bytes.seen);
  check_url(text);
  check_url("http://" + std::string(text));
  return 0;
}
