#include "base/net/http_parser.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace perdure {
namespace {

using State = ParseStep::State;

class Collector final : public BodyReceiver {
 public:
  bool receive(std::string_view piece) override {
    body.append(piece);
    return body.size() <= limit;
  }
  std::string body;
  size_t limit = SIZE_MAX;
};

// Everything about one run that must not depend on how the bytes were cut.
struct Outcome {
  std::vector<std::string> messages;
  bool failed = false;
  int status = 0;
  bool operator==(const Outcome&) const = default;
};

// Feeds `text` as if `cuts(remaining)` bytes arrived at a time.
template <class Cuts>
Outcome parse(std::string_view text, Cuts cuts) {
  Outcome outcome;
  const auto parser = make_request_parser(8192);
  Collector collector;
  std::string input;
  while (true) {
    const auto step = parser->feed(input, collector);
    EXPECT_LE(step.consumed, input.size());
    input.erase(0, step.consumed);
    if (step.state == State::failed) {
      outcome.failed = true;
      outcome.status = parser->failure().status;
      return outcome;
    }
    if (step.state == State::done) {
      outcome.messages.push_back(parser->method() + parser->target() + collector.body);
      collector.body.clear();
      parser->reset();
    }
    if (step.state != State::more) continue;
    if (text.empty()) return outcome;
    const size_t size = std::min(text.size(), std::max<size_t>(1, cuts(text.size())));
    input.append(text.substr(0, size));
    text.remove_prefix(size);
  }
}

const std::string_view conversation =
    "GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
    "\r\nPOST /two HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello world"
    "POST /three HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;name=\"va;lue\"\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: yes\r\n\r\n"
    "POST /four HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    "DELETE /five HTTP/1.0\r\n\r\n";

TEST(HttpParser, reads_messages_one_after_the_other) {
  const auto outcome = parse(conversation, [](size_t all) { return all; });
  EXPECT_EQ(outcome.messages,
            (std::vector<std::string>{"GET/one", "POST/twohello world", "POST/threehello world",
                                      "POST/four", "DELETE/five"}));
  EXPECT_FALSE(outcome.failed);
}

TEST(HttpParser, does_not_care_how_the_bytes_are_cut) {
  const auto whole = parse(conversation, [](size_t all) { return all; });
  EXPECT_EQ(parse(conversation, [](size_t) { return 1; }), whole);
  for (uint64_t seed = 0; seed < 500; ++seed) {
    SeededRandom random(seed);
    EXPECT_EQ(parse(conversation, [&](size_t) { return random.next() % 40; }), whole) << seed;
  }
}

// No claim about what comes out, only that something does: broken input must not end the process,
// loop, or read past what was fed.
TEST(HttpParser, survives_mutated_input) {
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    SeededRandom random(seed);
    std::string text(conversation);
    for (uint64_t i = random.next() % 8; i > 0; --i) {
      const size_t at = random.next() % text.size();
      switch (random.next() % 3) {
        case 0:
          text[at] = static_cast<char>(random.next());
          break;
        case 1:
          text.erase(at, random.next() % 10);
          break;
        default:
          text.insert(at, text.substr(random.next() % text.size(), random.next() % 30));
      }
    }
    const auto outcome = parse(text, [&](size_t) { return random.next() % 60; });
    EXPECT_TRUE(!outcome.failed || outcome.status == 400 || outcome.status == 431);
  }
}

TEST(HttpParser, a_receiver_may_give_up) {
  const auto parser = make_request_parser(8192);
  Collector collector;
  collector.limit = 3;
  std::string input = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
  const auto head = parser->feed(input, collector);
  ASSERT_EQ(head.state, State::head);
  EXPECT_TRUE(parser->has_body());
  EXPECT_EQ(parser->content_length(), 5u);
  input.erase(0, head.consumed);
  EXPECT_EQ(parser->feed(input, collector).state, State::failed);
}

TEST(HttpParser, the_end_of_input_ends_some_answers) {
  Collector collector;
  const auto parser = make_response_parser(8192);
  std::string_view text = "HTTP/1.1 200 OK\r\n\r\n";
  ASSERT_EQ(parser->feed(text, collector).state, State::head);
  EXPECT_EQ(parser->feed("to the end", collector).state, State::more);
  EXPECT_EQ(parser->feed_end().state, State::done);
  EXPECT_EQ(collector.body, "to the end");
  parser->reset();
  text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  ASSERT_EQ(parser->feed(text, collector).state, State::head);
  EXPECT_EQ(parser->feed_end().state, State::failed);
}

}  // namespace
}  // namespace perdure
