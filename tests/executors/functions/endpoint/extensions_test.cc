#include "executors/functions/endpoint/extensions.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace perdure::executors {
namespace {

const std::string uuid = "0b6a4a3e-1111-4222-8333-94949494949a";

class ExtensionsTest : public testing::Test {
 protected:
  static HttpRequest request(const std::string& method, const std::string& what,
                             HttpFields headers = {}, const std::string& body = "") {
    return {.method = method,
            .path = "/2020-01-01/extension/" + what,
            .headers = std::move(headers),
            .body = body};
  }
  ExtensionReply enroll(const std::string& name, const std::string& events, HttpFields more = {}) {
    more.emplace_back("lambda-extension-name", name);
    return *extensions.handle(request("POST", "register", std::move(more), events), 1, uuid);
  }
  std::optional<ExtensionReply> next(const std::string& identifier, ConnectionId connection = 1) {
    return extensions.handle(
        request("GET", "event/next", {{"lambda-extension-identifier", identifier}}), connection,
        uuid);
  }
  static std::string type_of(const std::optional<ExtensionReply>& reply) {
    if (!reply) return "waits";
    return reply->status == 403 ? (*parse_json(reply->body))["errorType"].get<std::string>()
                                : std::to_string(reply->status);
  }

  Extensions extensions{{"fun", "7", "f.handler", "111111111111"}};
};

TEST_F(ExtensionsTest, AnExternalOneRegistersWaitsAndHearsOfInvocations) {
  extensions.expect({"watch"});
  EXPECT_FALSE(extensions.all_registered());
  const auto enrolled = enroll("watch", R"({"events":["INVOKE","SHUTDOWN"]})",
                               {{"lambda-extension-accept-feature", "other, accountId"}});
  EXPECT_EQ(enrolled.status, 200);
  EXPECT_EQ(*parse_json(enrolled.body), (Json{{"functionName", "fun"},
                                              {"functionVersion", "7"},
                                              {"handler", "f.handler"},
                                              {"accountId", "111111111111"}}));
  EXPECT_TRUE(extensions.all_registered());
  EXPECT_FALSE(extensions.idle()) << "it gets ready for the first invocation";
  EXPECT_EQ(type_of(next(enrolled.identifier, 5)), "waits");
  EXPECT_TRUE(extensions.idle());

  const auto events = extensions.invoke({"r1", "arn:f", "Root=1", 12345});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].connection, 5u);
  EXPECT_EQ(*parse_json(events[0].body),
            (Json{{"eventType", "INVOKE"},
                  {"deadlineMs", 12345},
                  {"requestId", "r1"},
                  {"invokedFunctionArn", "arn:f"},
                  {"tracing", {{"type", "X-Amzn-Trace-Id"}, {"value", "Root=1"}}}}));
  EXPECT_FALSE(extensions.idle());
  EXPECT_EQ(type_of(next(enrolled.identifier, 6)), "waits");
  EXPECT_TRUE(extensions.idle());

  const auto ends = extensions.shutdown("spindown", 99);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(*parse_json(ends[0].body),
            (Json{{"eventType", "SHUTDOWN"}, {"deadlineMs", 99}, {"shutdownReason", "spindown"}}));
  EXPECT_FALSE(extensions.all_gone());
  extensions.exited("watch exit status 0");
  EXPECT_TRUE(extensions.all_gone());
  EXPECT_EQ(extensions.failure().type, "");
}

TEST_F(ExtensionsTest, RefusalsAreAws) {
  EXPECT_EQ(type_of(enroll("", "{}")), "Extension.InvalidExtensionName");
  EXPECT_EQ(type_of(enroll("in", "no json")), "InvalidRequestFormat");
  EXPECT_EQ(type_of(enroll("in", R"({"events":["SHUTDOWN"]})")), "Extension.InvalidEventType")
      << "internal ones end with their runtime";
  EXPECT_EQ(type_of(enroll("in", R"({"events":["START"]})")), "Extension.InvalidEventType");
  EXPECT_EQ(type_of(enroll("in", R"({"events":["INVOKE"]})")), "200");
  EXPECT_EQ(type_of(enroll("in", R"({"events":["INVOKE"]})")), "Extension.InvalidExtensionState");
  EXPECT_EQ(type_of(next("")), "Extension.MissingExtensionIdentifier");
  EXPECT_EQ(type_of(next("no uuid")), "Extension.InvalidExtensionIdentifier");
  EXPECT_EQ(type_of(next(uuid)), "Extension.UnknownExtensionIdentifier");
  for (int i = 1; i < 10; ++i) enroll("in" + std::to_string(i), "{}");
  const auto eleventh = enroll("eleventh", "{}");
  EXPECT_EQ(eleventh.body, R"({"errorMessage":"Extension limit (10) reached",)"
                           R"("errorType":"Extension.TooManyExtensions"})");
  extensions.close_registration();
  EXPECT_EQ(enroll("late", "{}").body, R"({"errorMessage":"Extension registration closed already",)"
                                       R"("errorType":"Extension.RegistrationClosed"})");
}

TEST_F(ExtensionsTest, FailuresEndTheWorker) {
  extensions.expect({"a", "b"});
  const auto a = enroll("a", R"({"events":["INVOKE"]})");
  const auto failing = [&](HttpFields headers) {
    headers.emplace_back("lambda-extension-identifier", a.identifier);
    return type_of(extensions.handle(request("POST", "init/error", std::move(headers)), 1, uuid));
  };
  EXPECT_EQ(failing({}), "Extension.MissingHeader");
  EXPECT_EQ(failing({{"lambda-extension-function-error-type", "Extension.NoConfig"}}), "202");
  EXPECT_EQ(failing({{"lambda-extension-function-error-type", "Extension.NoConfig"}}),
            "Extension.InvalidExtensionState");
  EXPECT_EQ(extensions.failure().type, "Extension.InitError");
  EXPECT_EQ(extensions.failure().reason, "Extension.NoConfig");
  extensions.exited("b exit status 2");
  EXPECT_EQ(extensions.failure().type, "Extension.InitError") << "the first one counts";
}

TEST_F(ExtensionsTest, ACrashIsAFailure) {
  extensions.expect({"a"});
  extensions.exited("a exit status 2");
  EXPECT_EQ(extensions.failure().type, "Extension.Crash");
  EXPECT_EQ(extensions.failure().reason, "exit status 2");
}

TEST_F(ExtensionsTest, AnAdoptedOneIsKnownByItsIdentifier) {
  extensions.expect({"watch"});
  const std::string both = enroll("watch", R"({"events":["INVOKE","SHUTDOWN"]})").identifier;
  Extensions later({"fun", "7", "f.handler", "1"}, true);
  const auto asked = request("GET", "event/next", {{"lambda-extension-identifier", both}});
  EXPECT_EQ(type_of(later.handle(asked, 3, uuid)), "waits");
  EXPECT_EQ(later.invoke({}).size(), 1u);
  later.handle(asked, 4, uuid);
  EXPECT_EQ(later.shutdown("spindown", 1).size(), 1u);
}

TEST_F(ExtensionsTest, ThereAreNeverMoreThanTen) {
  Extensions adopted({"fun", "7", "f.handler", "1"}, true);
  int waiting = 0;
  for (char c = 'a'; c < 'a' + 20; ++c) {
    const std::string identifier =
        std::string(uuid).replace(0, 1, 1, "0123456789abcdef0123"[c - 'a']);
    const auto reply = adopted.handle(
        request("GET", "event/next", {{"lambda-extension-identifier", identifier}}), 1, uuid);
    waiting += reply ? 0 : 1;
  }
  EXPECT_EQ(waiting, 14) << "ten, four of which asked twice";
  extensions.expect(std::vector<std::string>(5000, "x"));
  EXPECT_EQ(extensions.failure().type, "Extension.LaunchError");
}

}  // namespace
}  // namespace perdure::executors
