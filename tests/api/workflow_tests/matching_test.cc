#include "api/workflow_tests/matching.h"

#include <gtest/gtest.h>

#include "api/workflow_tests/fields.h"

namespace perdure::api::workflow_tests {
namespace {

std::string differences(std::string_view expected, std::string_view actual) {
  asl::Arena arena;
  std::vector<Difference> found;
  compare(*asl::parse_json(expected, arena), *asl::parse_json(actual, arena), "", found);
  std::string out;
  for (const Difference& one : found) {
    out += one.pointer + " " + one.expected + "|" + one.actual + ";";
  }
  return out;
}

TEST(Matching, ExpectedObjectsAreParts) {
  EXPECT_EQ(differences(R"({"a":1})", R"({"b":2,"a":1.0})"), "");
  EXPECT_EQ(differences(R"({"a":{"b":[1,{"c":2}]}})", R"({"a":{"b":[1,{"c":3,"d":0}]}})"),
            "/a/b/1/c 2|3;");
  EXPECT_EQ(differences(R"({"a":1,"x/y":null})", R"({})"), "/a 1|nothing;/x~1y null|nothing;");
  EXPECT_EQ(differences("[1,2]", "[1,2,3]"), "/2 nothing|3;");
  EXPECT_EQ(differences("[1,2]", "[1]"), "/1 2|nothing;");
  EXPECT_EQ(differences("1", "\"1\""), " 1|\"1\";");
}

TEST(Matching, Rules) {
  EXPECT_EQ(differences(R"({"$exact":{"a":1}})", R"({"a":1,"b":2})"), "/b nothing|2;");
  EXPECT_EQ(differences(R"({"$exact":{"a":{"$any":true}}})", R"({"a":1})"),
            R"(/a {"$any":true}|1;)");
  EXPECT_EQ(differences(R"({"a":{"$any":true},"b":{"$absent":true}})", R"({"a":null})"), "");
  EXPECT_EQ(differences(R"({"a":{"$any":true},"b":{"$absent":true}})", R"({"b":1})"),
            "/a anything|nothing;/b nothing|1;");
  EXPECT_EQ(differences(R"({"$like":"R-?-*"})", R"("R-1-x")"), "");
  EXPECT_EQ(differences(R"({"$like":"R-*"})", "1"), R"( like "R-*"|1;)");
  EXPECT_EQ(differences(R"({"$contains":{"a":1}})", R"([{"a":2},{"a":1,"b":1}])"), "");
  EXPECT_EQ(differences(R"({"$contains":7})", "[1]"), " an array with 7|[1];");
  EXPECT_EQ(differences(R"({"$other":7})", R"({"$other":7})"), "");
}

TEST(Matching, Durations) {
  EXPECT_EQ(parse_duration("90s"), 90'000);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration("250ms"), 250);
  EXPECT_EQ(parse_duration("1.5s"), 1'500);
  EXPECT_EQ(parse_duration("365d"), 31'536'000'000);
  for (const char* wrong : {"", "5", "s", "5 s", "-1s", "5w", "1e99d", "1s2"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace perdure::api::workflow_tests
