#include "executors/functions/endpoint/telemetry.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

using Kind = TelemetryKind;

class TelemetryTest : public testing::Test {
 protected:
  static HttpRequest request(const Json& body, const std::string& path = "/2022-07-01/telemetry") {
    return {.method = "PUT", .path = path, .headers = {}, .body = dump_json(body)};
  }
  static Json to(const std::string& uri, Json types = {"platform", "function"}) {
    return {{"schemaVersion", "2022-12-13"},
            {"types", std::move(types)},
            {"destination", {{"protocol", "HTTP"}, {"URI", uri}}}};
  }
  std::string subscribe(const Json& body, const std::string& path = "/2022-07-01/telemetry",
                        const std::string& name = "watch") {
    const auto reply = telemetry.subscribe(name, request(body, path), 1000);
    return std::to_string(reply.status) + " " + reply.body;
  }
  // The head of the batch that is due, and the types of its events.
  std::pair<std::string, std::vector<std::string>> taken(int64_t now_ms) {
    const auto batch = telemetry.take(now_ms);
    if (!batch) return {"none", {}};
    const size_t line = batch->find('\n');
    std::vector<std::string> types;
    for (const Json& event : *parse_json(batch->substr(line + 1))) {
      types.push_back(event["type"].get<std::string>());
    }
    return {batch->substr(0, line), types};
  }
  using Types = std::vector<std::string>;

  Telemetry telemetry;
};

TEST_F(TelemetryTest, ASubscriberHearsWhatItWantsFromTheBeginning) {
  telemetry.add(Kind::platform, "platform.initStart", {{"phase", "init"}}, 900);
  telemetry.add(Kind::extension, "extension", "not wanted", 950);
  EXPECT_EQ(subscribe(to("http://sandbox.localdomain:8080/in")), "200 \"OK\"");
  telemetry.close();
  telemetry.add(Kind::function, "function", "a line", 1100);
  EXPECT_EQ(telemetry.due_ms(), 2000) << "a second after the first";
  EXPECT_EQ(taken(1999).first, "none");
  const auto [to, types] = taken(2000);
  EXPECT_EQ(to, "http 8080 /in");
  EXPECT_EQ(types, (Types{"platform.initStart", "platform.telemetrySubscription", "function"}));
  EXPECT_EQ(telemetry.due_ms(), std::nullopt);
  telemetry.add(Kind::function, "function", "another", 3000);
  telemetry.flush();
  EXPECT_EQ(*telemetry.take(3000),
            "http 8080 /in\n"
            R"([{"record":"another","time":"1970-01-01T00:00:03.000Z","type":"function"}])");
}

TEST_F(TelemetryTest, ABatchHasItsBounds) {
  Json body = to("http://sandbox:1", {"function"});
  body["buffering"] = {{"maxItems", 1000}, {"maxBytes", 262'144}, {"timeoutMs", 30'000}};
  subscribe(body);
  for (int i = 0; i < 1500; ++i) telemetry.add(Kind::function, "function", "x", 1000);
  EXPECT_EQ(taken(1000).second.size(), 1000u) << "so many are due at once";
  EXPECT_EQ(taken(1000).second.size(), 500u);
  for (int i = 0; i < 3; ++i) {
    telemetry.add(Kind::function, "function", std::string(200'000, 'x'), 1000);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(taken(1000).second.size(), 1u) << "so many bytes";
  EXPECT_EQ(telemetry.due_ms(), std::nullopt);
}

TEST_F(TelemetryTest, WhoFallsBehindIsToldWhatItMissed) {
  subscribe(to("http://sandbox:1", {"function"}));
  for (int i = 0; i < 30; ++i) {
    telemetry.add(Kind::function, "function", std::string(200'000, 'x'), 1000);
  }
  std::vector<std::string> last;
  size_t lines = 0;
  for (auto batch = taken(9000); batch.first != "none"; batch = taken(99'000)) {
    last = batch.second;
    lines += last.size();
  }
  EXPECT_EQ(lines, 21u);
  EXPECT_EQ(last.back(), "platform.logsDropped");
}

TEST_F(TelemetryTest, TheLogsApiHasItsOwnEvents) {
  telemetry.add(Kind::platform, "platform.initStart", Json::object(), 900);
  EXPECT_EQ(subscribe(to("http://sandbox.localdomain:9"), "/2020-08-15/logs"), "200 \"OK\"");
  telemetry.add(Kind::platform, "platform.end", Json::object(), 1000);
  EXPECT_EQ(taken(5000).second, (Types{"platform.logsSubscription", "platform.end"}));
  EXPECT_EQ(subscribe(to("http://sandbox.localdomain:9")),
            R"(403 {"errorMessage":"The extension has subscribed by the other API already",)"
            R"("errorType":"Extension.AlreadySubscribed"})");
}

TEST_F(TelemetryTest, OverTcpEachEventIsALine) {
  subscribe({{"types", {"function"}}, {"destination", {{"protocol", "TCP"}, {"port", 7000}}}});
  telemetry.add(Kind::function, "function", "a", 0);
  telemetry.add(Kind::function, "function", "b", 0);
  EXPECT_EQ(*telemetry.take(5000),
            "tcp 7000 -\n"
            R"({"record":"a","time":"1970-01-01T00:00:00.000Z","type":"function"})"
            "\n"
            R"({"record":"b","time":"1970-01-01T00:00:00.000Z","type":"function"})"
            "\n");
}

TEST_F(TelemetryTest, WhatIsWrongIsToldAtOnce) {
  EXPECT_EQ(subscribe({{"types", Json::array()},
                       {"destination", {{"protocol", "HTTP"}, {"URI", "http://sandbox"}}}}),
            R"(400 {"errorMessage":"URI port is not provided; types should not be empty",)"
            R"("errorType":"ValidationError"})");
  for (const Json& body :
       {to("http://127.0.0.1:80/"), to("http://sandbox.localdomain.evil:80"),
        to("http://sandbox:x"), to("http://sandbox:99999"), to("http://sandbox:80/a b"),
        to("http://sandbox:80", {"all"}), to("http://sandbox:80", {7}), Json(7),
        Json{{"destination", 5}}, Json{{"types", "platform"}},
        Json{{"destination", {{"protocol", "TCP"}, {"port", "x"}}}}}) {
    EXPECT_TRUE(subscribe(body).starts_with("400 ")) << dump_json(body);
  }
  Json body = to("http://sandbox:80");
  body["buffering"] = {{"timeoutMs", 24}};
  EXPECT_TRUE(subscribe(body).starts_with("400 "));
  telemetry.close();
  EXPECT_TRUE(subscribe(to("http://sandbox:80")).starts_with("403 "));
}

TEST_F(TelemetryTest, SubscriptionsAreToldOnceAndRestoredElsewhere) {
  EXPECT_EQ(telemetry.new_subscriptions(), std::nullopt);
  subscribe(to("http://sandbox:8080/in"));
  subscribe(to("http://sandbox:9090/", {"extension"}), "/2020-08-15/logs", "other");
  const auto told = telemetry.new_subscriptions();
  ASSERT_TRUE(told);
  EXPECT_EQ(telemetry.new_subscriptions(), std::nullopt);

  Telemetry next;
  next.close();  // as of a worker that an earlier engine has started
  next.restore(*told);
  EXPECT_EQ(next.types_of("watch"), (Types{"platform", "function"}));
  EXPECT_EQ(next.types_of("other"), (Types{"extension"}));
  next.add(Kind::function, "function", "a line", 1000);
  EXPECT_TRUE(next.take(9000)->starts_with("http 8080 /in\n[{"));
  EXPECT_EQ(next.take(9000), std::nullopt);
  EXPECT_EQ(next.new_subscriptions(), std::nullopt) << "who told them keeps them";

  Telemetry none;
  for (const char* nonsense : {"", "{}", "[1]", R"([{"name":"x","path":"/","body":"{"}])"}) {
    none.restore(nonsense);
  }
  EXPECT_EQ(none.types_of("x"), Types());
}

}  // namespace
}  // namespace perdure::executors
