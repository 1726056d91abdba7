#include "asl/intrinsics/call.h"

#include <gtest/gtest.h>

#include <regex>

namespace perdure::asl::intrinsics {
namespace {

constexpr const char* input = R"({
  "s": "text", "n": 7, "f": 1.50, "zero": -0.5, "null": null, "yes": true, "list": [1, 2, 3],
  "o": {"a": 1, "b": []}, "template": "a {} b \\{",
  "dup": [1, 1.0, "1", [2], [2], {"k": 1}, {"k": 1}]})";

// The result as JSON; for an error its name and cause.
std::string call(const std::string& text) {
  const auto compiled = Call::compile(text);
  if (!compiled) return "refused";
  Arena arena;
  SeededRandom random(1);
  Budget budget;
  KnownEnvironment environment(Value::null(), Value());
  Scope scope{*parse_json(input, arena), environment, Value(), arena, random, budget};
  const auto value = compiled->evaluate(scope);
  return value ? to_json(*value) : value.error().name + ": " + value.error().cause;
}

bool fails(const std::string& text) { return call(text).starts_with("States.IntrinsicFailure: "); }

TEST(Intrinsics, Format) {
  EXPECT_EQ(call("States.Format('{}-{}', $.s, $.n)"), "\"text-7\"");
  EXPECT_EQ(call("States.Format('{} {} {} {}', $.f, $.null, $.yes, $.list)"),
            "\"1.50 null true [1, 2, 3]\"");
  EXPECT_EQ(call("States.Format('{}', $.o)"), "\"{a=1, b=[]}\"");
  EXPECT_EQ(call(R"(States.Format('\{{}\} it\'s \\', 'x'))"), R"("{x} it's \\")");
  EXPECT_EQ(call("States.Format($.template, 1)"), "\"a 1 b {\"");
  EXPECT_EQ(call("States.Format('plain')"), "\"plain\"");
  EXPECT_EQ(call("States.Format('{', 1)"),
            "States.IntrinsicFailure: The function 'States.Format('{', 1)' had the following "
            "error: Invalid template in States.Format: matching '}' not found for '{'.");
  EXPECT_TRUE(fails("States.Format('{}')"));
  EXPECT_TRUE(fails("States.Format('{}', 1, 2)"));
  EXPECT_TRUE(fails("States.Format(5)"));
}

TEST(Intrinsics, Json) {
  EXPECT_EQ(call("States.StringToJson('\\{\"a\": [1, 2.0]\\}')"), R"({"a":[1,2.0]})");
  EXPECT_EQ(call("States.StringToJson(' ')"), "null");
  EXPECT_EQ(call("States.StringToJson('-0')"), "0");
  EXPECT_TRUE(fails("States.StringToJson('{')"));
  EXPECT_TRUE(fails("States.StringToJson(5)"));
  EXPECT_EQ(call("States.JsonToString($.o)"), R"("{\"a\":1,\"b\":[]}")");
  EXPECT_EQ(call("States.JsonMerge($.o, States.StringToJson('{\"b\":2,\"c\":3}'), false)"),
            R"({"a":1,"b":2,"c":3})");
  EXPECT_TRUE(fails("States.JsonMerge($.o, $.o, true)"));
  EXPECT_TRUE(fails("States.JsonMerge($.o, $.list, false)"));
}

TEST(Intrinsics, Arrays) {
  EXPECT_EQ(call("States.Array()"), "[]");
  EXPECT_EQ(call("States.Array($.n, 'a', null, true, -1.5)"), "[7,\"a\",null,true,-1.5]");
  EXPECT_EQ(call("States.ArrayPartition($.list, 2)"), "[[1,2],[3]]");
  EXPECT_EQ(call("States.ArrayPartition(States.Array(), 2)"), "[]");
  EXPECT_TRUE(fails("States.ArrayPartition($.list, 0)"));
  EXPECT_EQ(call("States.ArrayContains($.list, 2)"), "true");
  EXPECT_EQ(call("States.ArrayContains($.list, '2')"), "false");
  EXPECT_EQ(call("States.ArrayRange(1, 9, 2)"), "[1,3,5,7,9]");
  EXPECT_EQ(call("States.ArrayRange(3, -3, -3)"), "[3,0,-3]");
  EXPECT_EQ(call("States.ArrayRange(3, 4, -3)"), "[]");
  EXPECT_TRUE(fails("States.ArrayRange(1, 2, 0)"));
  EXPECT_FALSE(fails("States.ArrayRange(1, 1000, 1)"));
  EXPECT_TRUE(fails("States.ArrayRange(0, 1000, 1)"));
  EXPECT_EQ(call("States.ArrayGetItem($.list, 2)"), "3");
  EXPECT_TRUE(fails("States.ArrayGetItem($.list, 3)"));
  EXPECT_TRUE(fails("States.ArrayGetItem($.list, -1)"));
  EXPECT_EQ(call("States.ArrayLength($.list)"), "3");
  EXPECT_TRUE(fails("States.ArrayLength($.o)"));
  EXPECT_EQ(call("States.ArrayUnique($.dup)"), R"([1,"1",[2],{"k":1}])");
}

TEST(Intrinsics, Texts) {
  EXPECT_EQ(call("States.Base64Encode('Data to encode')"), "\"RGF0YSB0byBlbmNvZGU=\"");
  EXPECT_EQ(call("States.Base64Decode('RGF0YSB0\nbyBlbmNvZGU=')"), "\"Data to encode\"");
  EXPECT_EQ(call("States.Base64Decode('')"), "\"\"");
  EXPECT_EQ(call("States.Hash('input data', 'MD5')"), "\"812f45842bc6d66ee14572ce20db8e86\"");
  EXPECT_TRUE(fails("States.Hash('input data', 'md4')"));
  EXPECT_TRUE(fails("States.Hash('" + std::string(10'001, 'x') + "', 'MD5')"));
  EXPECT_EQ(call("States.StringSplit('This.is+a,test', '.+,')"), R"(["This","is","a","test"])");
  EXPECT_EQ(call("States.StringSplit(',,,', ',')"), "[]");
  EXPECT_EQ(call("States.StringSplit(' , ', ',')"), R"([" "," "])");
  EXPECT_EQ(call("States.StringSplit('aébéc', 'é')"), R"(["a","b","c"])");
  EXPECT_EQ(call("States.StringSplit('ab', '')"), R"(["ab"])");
  EXPECT_TRUE(std::regex_match(call("States.UUID()"),
                               std::regex("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]"
                                          "{3}-[0-9a-f]{12}\"")));
}

TEST(Intrinsics, Numbers) {
  EXPECT_EQ(call("States.MathAdd(-0.5, 0.5)"), "1");
  EXPECT_EQ(call("States.MathAdd(-1.5, 0)"), "-1");
  EXPECT_EQ(call("States.MathAdd(1.49, 1.5)"), "3");
  EXPECT_EQ(call("States.MathAdd($.n, -1)"), "6");
  EXPECT_TRUE(fails("States.MathAdd(2147483648, 0)"));
  EXPECT_TRUE(fails("States.MathAdd('1', 0)"));
  EXPECT_EQ(call("States.MathRandom(5, 6)"), "5");
  // new java.util.Random(3).nextInt(999) and, with a power of two, Random(42).nextInt(16).
  EXPECT_EQ(call("States.MathRandom(0, 999, 3)"), "239");
  EXPECT_EQ(call("States.MathRandom(0, 16, 42)"), "11");
  EXPECT_TRUE(fails("States.MathRandom(6, 6)"));
}

TEST(Intrinsics, Nest) {
  EXPECT_EQ(call("States.ArrayGetItem( States.StringSplit('a-b', '-') , States.MathAdd(0,1) )"),
            "\"b\"");
  EXPECT_EQ(call("States.Array($.list[0], $.list[?(@ > 1)], $['s'])"), "[1,[2,3],\"text\"]");
  std::string deep = "1";
  for (int i = 0; i < 10; ++i) deep = "States.Array(" + deep + ")";
  EXPECT_EQ(call(deep), "[[[[[[[[[[1]]]]]]]]]]");
  EXPECT_EQ(call("States.Array(" + deep + ")"), "refused");
  EXPECT_EQ(call("States.Array(States.ArrayGetItem($.list, 9))"),
            "States.IntrinsicFailure: The function 'States.ArrayGetItem($.list, 9)' had the "
            "following error: The index 9 is out of the bounds of an array of length 3");
}

TEST(Intrinsics, WrongTextsAreRefused) {
  for (const char* text : {"States.",
                           "States.Nope()",
                           "States.UUID",
                           "States.UUID(",
                           "States.UUID(1)",
                           "States.UUID()x",
                           "States.UUID()[0]",
                           "States.Array(1,)",
                           "States.Array(,1)",
                           "States.Array(1 2)",
                           "States.Array('a)",
                           "States.Array('\\\"')",
                           "States.Array('\\n')",
                           "States.Array(\"a\")",
                           "States.Array({})",
                           "States.Array([1])",
                           "States.Array(x)",
                           "States.Array(01)",
                           "States.Array($.a..)",
                           "States.Format()",
                           "States.Hash('a')",
                           "states.UUID()",
                           "States.UUID ()",
                           "States.Array(States.Nope())"}) {
    EXPECT_EQ(call(text), "refused") << text;
  }
}

}  // namespace
}  // namespace perdure::asl::intrinsics
