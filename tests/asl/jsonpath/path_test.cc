// What every path must do, told without the recordings.

#include "asl/jsonpath/path.h"

#include <gtest/gtest.h>

namespace perdure::asl::jsonpath {
namespace {

constexpr const char* document = R"({
  "items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}, {"id": 3, "n": null}],
  "o": {"k": "v", "a b": 0.0}, "list": [5, 1, 4], "limit": 1, "nul": null})";

// The selection as JSON, or the error's name and text.
std::string read(const std::string& text, const char* json = document, int64_t steps = 50'000) {
  const auto path = Path::compile(text);
  if (!path) return "refused: " + path.error().cause;
  Arena arena;
  Budget budget{steps};
  const Value root = *parse_json(json, arena);
  const auto value = path->read(root, arena, budget);
  return value ? to_json(*value) : value.error().name + ": " + value.error().cause;
}

TEST(JsonPath, DefinitePathsGiveTheValue) {
  EXPECT_EQ(read("$"), to_json([] {
              static Arena arena;
              return *parse_json(document, arena);
            }()));
  EXPECT_EQ(read("$.o.k"), "\"v\"");
  EXPECT_EQ(read("$['o']['a b']"), "0.0");
  EXPECT_EQ(read("$.items[1].id"), "2");
  EXPECT_EQ(read("$.list[(@.length-1)]"), "4");
  EXPECT_EQ(read("$.nul"), "null");
  EXPECT_EQ(read("$.o['k','x']"), R"({"k":"v"})");
  EXPECT_EQ(read("$[1]", "[1,2]"), "2");
}

TEST(JsonPath, DefinitePathsThatFindNothingFail) {
  EXPECT_EQ(read("$.x"), "PathNotFoundException: No results for path: $['x']");
  EXPECT_EQ(read("$.x.y"), "PathNotFoundException: Missing property in path $['x']");
  EXPECT_EQ(read("$.o.k.z"), "PathNotFoundException: Property ['z'] not found in path $['o']['k']");
  EXPECT_EQ(read("$.list[3]"),
            "PathNotFoundException: Index out of bounds when evaluating path $['list'][3]");
  EXPECT_EQ(read("$.nul[0]"), "PathNotFoundException: The path $['nul'] is null");
  EXPECT_EQ(read("$.o[0].x"),
            "InvalidPathException: Filter: [0]['x'] can only be applied to arrays. Current context "
            "is: {k=v, a b=0.0}");
}

TEST(JsonPath, IndefinitePathsGiveAnArray) {
  EXPECT_EQ(read("$.items[*].id"), "[1,2,3]");
  EXPECT_EQ(read("$.items[*].tags[0]"), "[\"a\"]");
  EXPECT_EQ(read("$..id"), "[1,2,3]");
  EXPECT_EQ(read("$.list[0:2]"), "[5,1]");
  EXPECT_EQ(read("$.list[-1:]"), "[4]");
  EXPECT_EQ(read("$.list[2,0]"), "[4,5]");
  EXPECT_EQ(read("$.x[*].y"), "[]");
  EXPECT_EQ(read("$[*]", "{}"), "[]");
}

TEST(JsonPath, Filters) {
  EXPECT_EQ(read("$.items[?(@.id > 1)].id"), "[2,3]");
  EXPECT_EQ(read("$.items[?(@.id > $.limit && @.tags)].id"), "[2]");
  EXPECT_EQ(read("$.items[?(!@.tags)].id"), "[3]");
  EXPECT_EQ(read("$.items[?(@.id == 1 || @.id == 2 && @.n)].id"), "[1]");
  EXPECT_EQ(read("$.list[?(@ >= 4)]"), "[5,4]");
  EXPECT_EQ(read("$[?(@.s == word)].n", R"([{"s":"word","n":1},{"s":"\"word\"","n":2}])"), "[1]");
  EXPECT_EQ(read("$[?(@.s =~ /W.*/i)].n", R"([{"s":"word","n":1},{"s":"x","n":2}])"), "[1]");
  EXPECT_EQ(read("$[?(@.n == 10000000000000000000001)]", R"([{"n":10000000000000000000000}])"),
            "[]");
  EXPECT_EQ(read("$[?(@.n == 'x')]", R"([{"n":1}])"),
            "NumberFormatException: Character x is neither a decimal digit number, decimal point, "
            "nor \"e\" notation exponential mark.");
}

TEST(JsonPath, WrongPathsAreRefused) {
  for (const char* text :
       {"", " ", "$.", "$..", "$x", "$.a b", "$[", "$['a'", "$[a]", "$[:]", "$[99999999999]",
        "$[?(@.a)", "$[?@.a]", "$[?(@..a)]", "$[?()]", ".", "$[?(@.a == /(/)]"}) {
    EXPECT_TRUE(read(text).starts_with("refused: ")) << text << " " << read(text);
  }
}

TEST(JsonPath, HostileTextsAreRefusedOrBounded) {
  std::string nested, closing;
  for (int i = 0; i < 20'000; ++i) {
    nested += "[?(@";
    closing += ")]";
  }
  EXPECT_TRUE(read("$" + nested + closing).starts_with("refused: "));
  std::string filters = "$";
  for (int i = 0; i < 100'000; ++i) filters += "[?(@.o)]";
  EXPECT_TRUE(read(filters).starts_with("refused: "));
  // Exponential backtracking runs into the limit.
  const std::string long_text = "[\"" + std::string(40, 'a') + "b\"]";
  EXPECT_TRUE(
      read("$[?(@ =~ /(a|aa)+[^b]/)]", long_text.c_str()).starts_with("InvalidPathException"));
}

TEST(JsonPath, EveryVisitedValueCostsAStep) {
  const std::string spent = "States.Runtime: The expression takes too many steps";
  EXPECT_EQ(read("$..id", document, 10), spent);
  EXPECT_EQ(read("$.list[?(@ > 1)]", document, 5), spent);
  EXPECT_EQ(read("$.list[0]", document, 3), "5");
}

TEST(JsonPath, KnowsReferencePaths) {
  const auto reference = [](const char* text) { return Path::compile(text)->is_reference(); };
  EXPECT_TRUE(reference("$"));
  EXPECT_TRUE(reference("$.a['b c'][0]"));
  for (const char* text : {"$.a[*]", "$..a", "$[0:1]", "$[0,1]", "$['a','b']", "$[(@.length-1)]",
                           "$[?(@.a)]", "$[-1]", "@.a"}) {
    EXPECT_FALSE(reference(text)) << text;
  }
}

std::string written(const char* text, const char* json) {
  Arena arena;
  const auto document =
      Path::compile(text)->write(*parse_json(json, arena), Value::integer(9), arena);
  return document ? to_json(*document) : document.error().name + ": " + document.error().cause;
}

TEST(JsonPath, WritesAtAReferencePath) {
  EXPECT_EQ(written("$", R"({"a":1})"), "9");
  EXPECT_EQ(written("$.a", R"({"b":{"c":0.0},"a":1})"), R"({"b":{"c":0.0},"a":9})");
  EXPECT_EQ(written("$.x.y", R"({"a":1})"), R"({"a":1,"x":{"y":9}})");
  EXPECT_EQ(written("$.l[1].y", R"({"l":[0,{"z":1}]})"), R"({"l":[0,{"z":1,"y":9}]})");
  EXPECT_EQ(
      written("$.a.b", R"({"a":1})"),
      "States.ResultPathMatchFailure: Unable to apply ReferencePath $.a.b to input {\"a\":1}");
  EXPECT_EQ(written("$.l[2]", R"({"l":[0]})").substr(0, 29), "States.ResultPathMatchFailure");
  EXPECT_EQ(written("$.x[0]", "{}").substr(0, 29), "States.ResultPathMatchFailure");
  EXPECT_EQ(written("$.x", "\"text\"").substr(0, 29), "States.ResultPathMatchFailure");
}

}  // namespace
}  // namespace perdure::asl::jsonpath
