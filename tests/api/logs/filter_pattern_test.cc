#include "api/logs/filter_pattern.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

bool wants(const std::string& pattern, std::string_view message) {
  const auto matcher = read_filter_pattern(pattern);
  EXPECT_TRUE(matcher) << pattern;
  return matcher && (*matcher)(message);
}

TEST(FilterPattern, Terms) {
  EXPECT_TRUE(wants("", "anything"));
  EXPECT_TRUE(wants("  ", "anything"));
  EXPECT_TRUE(wants("ERROR", "[ERROR] a"));
  EXPECT_FALSE(wants("error", "[ERROR] a"));
  EXPECT_TRUE(wants("a b", "b then a"));
  EXPECT_FALSE(wants("a c", "b then a"));
  EXPECT_TRUE(wants("\"then a\"", "b then a"));
  EXPECT_FALSE(wants("\"a then\"", "b then a"));
  EXPECT_TRUE(wants("a -c", "b then a"));
  EXPECT_FALSE(wants("a -\"then a\"", "b then a"));
  EXPECT_TRUE(wants("?x ?a", "b then a"));
  EXPECT_FALSE(wants("?x ?y", "b then a"));
  EXPECT_TRUE(wants("b ?x", "b then a"));  // beside another term the ? one does not count
  EXPECT_TRUE(wants("%t[a-z]en%", "b then a"));
  EXPECT_FALSE(wants("%^then%", "b then a"));
  EXPECT_TRUE(wants(R"("say \"a\"")", R"(I say "a")"));
}

constexpr char json[] =
    R"({"n": 7, "f": 1.5e3, "s": "one two", "nothing": null, "yes": true, "no": false,
        "list": [{"id": 1}, {"id": 2}], "a.b": {"c": "x"}, "status": "404"})";

TEST(FilterPattern, Json) {
  EXPECT_TRUE(wants("{ $.n = 7 }", json));
  EXPECT_TRUE(wants("{$.n=7.0}", json));
  EXPECT_FALSE(wants("{ $.n != 7 }", json));
  EXPECT_TRUE(wants("{ $.n >= 7 && $.n < 8 }", json));
  EXPECT_TRUE(wants("{ $.f > 1e3 }", json));
  EXPECT_TRUE(wants("{ $.s = \"one*\" }", json));
  EXPECT_TRUE(wants("{ $.s = *two }", json));
  EXPECT_FALSE(wants("{ $.s = one }", json));
  EXPECT_TRUE(wants("{ $.s = %^one\\s% }", json));
  EXPECT_TRUE(wants("{ $.status = 4* }", json));
  EXPECT_TRUE(wants("{ $.nothing IS NULL }", json));
  EXPECT_FALSE(wants("{ $.n IS NULL }", json));
  EXPECT_TRUE(wants("{ $.yes IS TRUE && $.no IS FALSE }", json));
  EXPECT_TRUE(wants("{ $.missing NOT EXISTS }", json));
  EXPECT_FALSE(wants("{ $.n NOT EXISTS }", json));
  EXPECT_FALSE(wants("{ $.missing = 1 }", json));
  EXPECT_TRUE(wants("{ $.list[1].id = 2 }", json));
  EXPECT_FALSE(wants("{ $.list[2].id = 2 }", json));
  EXPECT_TRUE(wants("{ $.list[*].id = 2 }", json));
  EXPECT_TRUE(wants("{ $.['a.b'].c = x }", json));
  EXPECT_TRUE(wants("{ ($.n = 1 || $.n = 7) && $.s = \"*o*\" }", json));
  EXPECT_FALSE(wants("{ $.n = 1 || ($.n = 7 && $.s = \"x\") }", json));
  EXPECT_FALSE(wants("{ $.n = 7 }", "no JSON n = 7"));
  EXPECT_FALSE(wants("{ $.n = 7 }", "{\"n\": 7"));
  EXPECT_TRUE(wants("{ $[0] = 1 }", "[1]"));
}

constexpr char line[] =
    R"(127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /a HTTP/1.0" 404 1534)";

TEST(FilterPattern, Fields) {
  EXPECT_TRUE(wants("[ip, id, user, timestamp, request, status_code, size]", line));
  EXPECT_FALSE(wants("[ip, id, user, timestamp, request, status_code]", line));
  EXPECT_TRUE(wants("[ip, id, user, timestamp, request, status_code = 4*, size > 1000]", line));
  EXPECT_FALSE(wants("[ip, id, user, timestamp, request, status_code = 4*, size > 2000]", line));
  EXPECT_TRUE(wants("[..., status_code = 404, size]", line));
  EXPECT_TRUE(wants("[ip = 127.*, ...]", line));
  EXPECT_TRUE(wants("[ip, ..., size]", line));
  EXPECT_TRUE(wants("[ip, id, user, timestamp, request =*GET*, ...]", line));
  EXPECT_TRUE(wants("[..., code = 404 || code = 500, size]", line));
  EXPECT_FALSE(wants("[..., (code = 401 || code = 500) && code != 9, size]", line));
  EXPECT_TRUE(wants("[ip, id, user, timestamp = \"10/Oct*\", request, code, size]", line));
}

TEST(FilterPattern, WhatCannotBeReadIsRefused) {
  for (const char* pattern : {"{",
                              "{}",
                              "{ $.a }",
                              "{ $.a = }",
                              "{ $.a = 1",
                              "{ $.a > x }",
                              "{ a = 1 }",
                              "{ $.a IS 1 }",
                              "{ $.a[x] = 1 }",
                              "{ ($.a = 1 }",
                              "{ $.a = 1 $.b = 2 }",
                              "[a",
                              "[]",
                              "[a,]",
                              "[..., ...]",
                              "[a = ]",
                              "\"open",
                              "-",
                              "a ?",
                              "%(%",
                              "{ $.a = %(% }"}) {
    const auto matcher = read_filter_pattern(pattern);
    EXPECT_FALSE(matcher) << pattern;
    EXPECT_TRUE(matcher || matcher.error().name == "InvalidParameterException") << pattern;
  }
  const std::string deep = "{ " + std::string(10'000, '(') + "$.a = 1 }";
  EXPECT_FALSE(read_filter_pattern(deep));
}

}  // namespace
}  // namespace perdure::api
