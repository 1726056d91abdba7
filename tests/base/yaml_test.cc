#include "base/yaml.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

std::string json(std::string_view yaml) {
  const auto document = read_yaml(yaml, "f.yaml");
  return document ? document->json : "refused: " + document.error().cause;
}

TEST(Yaml, PlainScalarsMeanWhatTheCoreSchemaSays) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "1"},
      {"-0", "-0"},
      {"0123", "123"},
      {"+7", "7"},
      {"0.0", "0.0"},
      {"1.50", "1.50"},
      {".5", "0.5"},
      {"5.", "5.0"},
      {"1e3", "1e3"},
      {"-1E+2", "-1E+2"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"9007199254740993", "9007199254740993"},
      {"true", "true"},
      {"FALSE", "false"},
      {"~", "null"},
      {"", "null"},
      {"null", "null"},
      {"yes", R"("yes")"},
      {"no", R"("no")"},
      {"1_000", R"("1_000")"},
      {"12:30:00", R"("12:30:00")"},
      {"1.2.3", R"("1.2.3")"},
      {"-", R"([null])"},
      {"e5", R"("e5")"},
      {"'1'", R"("1")"},
      {"\"true\"", R"("true")"},
      {"!!str 1", R"("1")"},
      {"!!int \"12\"", "12"},
      {"|\n  a\n  b\n", R"("a\nb\n")"},
      {"{b: 1, a: [1, x]}", R"({"b":1,"a":[1,"x"]})"},
      {"a: &x {k: 1}\nb: *x", R"({"a":{"k":1},"b":{"k":1}})"},
      {"1: a\nnull: b", R"({"1":"a","null":"b"})"},
  };
  for (const auto& [yaml, expected] : cases) EXPECT_EQ(json(yaml), expected) << yaml;
}

TEST(Yaml, RefusesWithThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: 1\na: 2", "f.yaml:2:1: the key \"a\" is there twice"},
      {"a: !Sub x", "f.yaml:1:4: the tag !Sub is not known here"},
      {"a: .inf", "f.yaml:1:4: .inf is no number of JSON"},
      {"a: !!int x", "f.yaml:1:4: \"x\" is not of the type that its tag says"},
      {"[a]: 1", "f.yaml:1:1: a key must be a text"},
      {"--- 1\n--- 2\n", "f.yaml:2:5: a second document; one is expected"},
  };
  for (const auto& [yaml, expected] : cases) {
    EXPECT_EQ(json(yaml), std::string("refused: ") + expected) << yaml;
  }
  EXPECT_TRUE(json("a: b: c").starts_with("refused: f.yaml:1:5: ")) << json("a: b: c");
}

TEST(Yaml, IsBounded) {
  EXPECT_TRUE(json(std::string(100'000, '[')).starts_with("refused: "));
  EXPECT_NE(json("a: &a [*a]").find("nested too deeply"), std::string::npos);
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string n = std::to_string(i), last = "*a" + std::to_string(i - 1);
    laughs += "a" + n + ": &a" + n + " [";
    for (int k = 0; k < 10; ++k) laughs += (k > 0 ? ", " : "") + last;
    laughs += "]\n";
  }
  EXPECT_NE(json(laughs).find("too large"), std::string::npos);
}

TEST(Yaml, KnowsWhereThingsStand) {
  const auto document = read_yaml("top:\n  - x: 1\n  - \"a/b\": 2\n", "f");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->positions.find("/top/0/x")->second, (TextPosition{2, 5}));
  EXPECT_EQ(document->positions.find("/top/1/a~1b")->second, (TextPosition{3, 5}));
}

}  // namespace
}  // namespace perdure
