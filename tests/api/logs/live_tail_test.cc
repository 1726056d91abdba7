#include <gtest/gtest.h>

#include <cstdlib>

#include "api/aws/live_body.h"
#include "api/logs/logs.h"
#include "base/files.h"
#include "tests/engine/support/world.h"

namespace perdure::api {
namespace {

// The events of a stream: their type (or that of an exception) and their content.
using Events = std::vector<std::pair<std::string, Json>>;

uint32_t number_at(std::string_view bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

Events events_in(std::string_view bytes) {
  Events events;
  while (!bytes.empty()) {
    const size_t total = number_at(bytes);
    const size_t head = number_at(bytes.substr(4));
    std::string_view fields = bytes.substr(12, head);
    std::string type;
    while (!fields.empty()) {
      const auto name_size = static_cast<uint8_t>(fields[0]);
      const std::string_view name = fields.substr(1, name_size);
      const size_t size = static_cast<uint8_t>(fields[name_size + 2]) << 8 |
                          static_cast<uint8_t>(fields[name_size + 3]);
      if (name.ends_with("-type") && name != ":content-type" && name != ":message-type") {
        type = fields.substr(name_size + 4, size);
      }
      fields.remove_prefix(name_size + 4 + size);
    }
    events.emplace_back(type, *parse_json(bytes.substr(12 + head, total - head - 16)));
    bytes.remove_prefix(total);
  }
  return events;
}

class LiveTailTest : public ::testing::Test {
 protected:
  LiveTailTest() {
    char name[] = "/tmp/perdure-logs-XXXXXX";
    engine::LogOptions options;
    options.folder = folder_ = mkdtemp(name);
    logs_ = std::make_unique<engine::Logs>(options, world_.clock, *world_.runner);
    groups_ = std::make_unique<engine::LogGroups>(*logs_, world_.assembly->document_writer(),
                                                  world_.clock);
    EXPECT_TRUE(groups_->load(*world_.faulty));
    service_ =
        logs_service({*logs_, *groups_, world_.clock, *world_.runner, [this] { return serves_; }});
    say("old", "f", "s");
    say("old", "g", "s");
  }
  ~LiveTailTest() override {
    for (const auto& stream : streams_) stream->detach();
    pass(2000);
    logs_.reset();
    (void)remove_directory(folder_);
  }
  void say(const std::string& message, const std::string& group = "f",
           const std::string& stream = "s") {
    logs_->append(tenant_, group, stream, world_.clock.now, message);
  }
  void pass(int64_t ms) {
    world_.clock.now += ms;
    world_.settle();
  }
  // Opens a session; an error as "Name".
  std::string open(Json input) {
    for (const Operation& operation : service_.operations) {
      if (operation.name != "StartLiveTail") continue;
      if (auto checked = check_input(operation.input, input); !checked) return checked.error().name;
      auto call = std::make_shared<Call>();
      call->tenant = tenant_;
      call->request_id = "request";
      call->json = std::move(input);
      std::string error = "ok";
      operation.handler(call, [&](Result<Answer> answer) {
        if (!answer) {
          error = answer.error().name;
          return;
        }
        streams_.push_back(std::dynamic_pointer_cast<LiveBody>(answer->source)->stream());
      });
      return error;
    }
    return "no such operation";
  }
  Events heard() { return events_in(streams_.back()->take(false).pieces); }
  // The messages of the next update.
  std::vector<std::string> update() {
    pass(1000);
    std::vector<std::string> messages;
    for (const auto& [type, content] : heard()) {
      if (type != "sessionUpdate") return {type};
      for (const Json& each : content["sessionResults"]) {
        messages.push_back(each["message"].get<std::string>());
      }
    }
    return messages;
  }
  static Json of(Json groups) { return {{"logGroupIdentifiers", std::move(groups)}}; }
  using Messages = std::vector<std::string>;

  const engine::Tenant tenant_{"000000000000", "us-east-1"};
  bool serves_ = true;
  engine::World world_;
  std::string folder_;
  std::unique_ptr<engine::Logs> logs_;
  std::unique_ptr<engine::LogGroups> groups_;
  Service service_;
  std::vector<std::shared_ptr<ResponseStream>> streams_;
};

TEST_F(LiveTailTest, NewLinesComeOnceASecond) {
  ASSERT_EQ(open(of({"arn:aws:logs:us-east-1:000000000000:log-group:f", "g"})), "ok");
  const Events first = heard();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].first, "initial-response");
  EXPECT_EQ(first[1].first, "sessionStart");
  EXPECT_EQ(first[1].second["logGroupIdentifiers"][1], "g");
  EXPECT_EQ(first[1].second["sessionId"], "request");
  say("one");
  say("two", "g");
  say("other", "h");
  pass(1000);
  const Events second = heard();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].first, "sessionUpdate");
  EXPECT_EQ(second[0].second["sessionMetadata"]["sampled"], false);
  const Json& results = second[0].second["sessionResults"];
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], (Json{{"message", "one"},
                              {"timestamp", world_.clock.now - 1000},
                              {"ingestionTime", world_.clock.now - 1000},
                              {"logStreamName", "s"},
                              {"logGroupIdentifier", "000000000000:f"}}));
  EXPECT_EQ(update(), Messages{}) << "an update comes though there is nothing";
}

TEST_F(LiveTailTest, OnlyWhatIsWantedComes) {
  Json wanted = of({"f"});
  wanted["logEventFilterPattern"] = "ERROR";
  wanted["logStreamNamePrefixes"] = {"2026/"};
  ASSERT_EQ(open(wanted), "ok");
  heard();
  say("ERROR a", "f", "2026/1");
  say("ERROR b", "f", "2025/1");
  say("fine", "f", "2026/1");
  EXPECT_EQ(update(), Messages{"ERROR a"});
}

TEST_F(LiveTailTest, MoreThanFiveHundredLinesAreSampled) {
  open(of({"f"}));
  heard();
  for (int i = 0; i < 600; ++i) say("x");
  pass(1000);
  const Events events = heard();
  EXPECT_EQ(events[0].second["sessionResults"].size(), 500u);
  EXPECT_EQ(events[0].second["sessionMetadata"]["sampled"], true);
}

TEST_F(LiveTailTest, ASessionEnds) {
  open(of({"f"}));
  heard();
  pass(3 * 3'600'000);
  EXPECT_EQ(heard().back().first, "SessionTimeoutException");
  open(of({"f"}));
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 10; ++k) say(std::string(100'000, 'x'));
    pass(1000);
  }
  const Events events = heard();
  EXPECT_EQ(events.back().first, "SessionStreamingException") << "nobody reads";
  EXPECT_LT(events.size(), 10u);
  open(of({"f"}));
  serves_ = false;
  pass(1000);
  EXPECT_TRUE(streams_.back()->take(false).ended) << "the server does not wait for it";
}

TEST_F(LiveTailTest, WhatIsWrongIsRefused) {
  EXPECT_EQ(open(of({"none"})), "ResourceNotFoundException");
  EXPECT_EQ(open(of({"arn:aws:logs:us-east-1:222222222222:log-group:f"})),
            "ResourceNotFoundException");
  EXPECT_EQ(open(of(Json::array())), "ValidationException");
  Json two = of({"f", "g"});
  two["logStreamNames"] = {"s"};
  EXPECT_EQ(open(two), "InvalidParameterException");
  Json both = of({"f"});
  both["logStreamNames"] = both["logStreamNamePrefixes"] = {"s"};
  EXPECT_EQ(open(both), "InvalidParameterException");
  for (int i = 0; i < 15; ++i) EXPECT_EQ(open(of({"f"})), "ok");
  EXPECT_EQ(open(of({"f"})), "LimitExceededException");
  streams_.front()->detach();
  pass(1000);
  EXPECT_EQ(open(of({"f"})), "ok") << "one has left";
}

}  // namespace
}  // namespace perdure::api
