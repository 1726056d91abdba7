#include "base/json.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, parses_and_writes_compactly) {
  const auto value = parse_json(R"( {"b": [1, 2.5, "ü", null], "a": {"x": true}} )");
  ASSERT_TRUE(value);
  EXPECT_EQ(dump_json(*value), R"({"a":{"x":true},"b":[1,2.5,"ü",null]})");
}

TEST(Json, an_error_says_where) {
  const auto value = parse_json("{\"a\": 1,\n \"b\": }");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, ErrorKind::invalid);
  EXPECT_EQ(value.error().name, "SerializationException");
  EXPECT_NE(value.error().cause.find("line 2, column 7"), std::string::npos) << value.error().cause;
}

TEST(Json, refuses_what_is_not_json) {
  for (const char* wrong : {"", " ", "{", "[1,]", "{\"a\":1,}", "nul", "01", "1 2", "'a'", "[1]]",
                            "\"\t\"", "\"\\x\"", "\"\\ud800\"", "// c\n1", "NaN", "1e400", "+1"}) {
    EXPECT_FALSE(parse_json(wrong)) << wrong;
  }
}

TEST(Json, refuses_invalid_utf8_and_quotes_it_readably) {
  for (const char* wrong :
       {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\xff"}) {
    const auto value = parse_json(wrong);
    ASSERT_FALSE(value);
    for (const char c : value.error().cause) EXPECT_GT(c, 0);
  }
}

TEST(Json, refuses_deep_nesting_before_building_it) {
  EXPECT_TRUE(parse_json(nested(max_json_depth)));
  EXPECT_FALSE(parse_json(nested(max_json_depth + 1)));
  EXPECT_FALSE(parse_json(nested(1'000'000)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(parse_json(objects));
}

TEST(Json, brackets_in_strings_do_not_nest) {
  const std::string text = "[\"" + std::string(2000, '[') + "\\\"" + std::string(2000, '{') + "\"]";
  EXPECT_TRUE(parse_json(text));
}

TEST(Json, writes_broken_utf8_as_replacement_characters) {
  EXPECT_EQ(dump_json(Json(std::string("a\xff") + "b")),
            "\"a\xef\xbf\xbd"
            "b\"");
}

}  // namespace
}  // namespace perdure
