#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "asl/value/payload.h"
#include "asl/value/value.h"
#include "base/clock.h"

namespace perdure::asl {
namespace {

// The text after parsing and writing, or the problem without its location.
std::string again(std::string_view text) {
  Arena arena;
  const auto parsed = parse_json(text, arena);
  if (!parsed) return "error: " + std::string(without_location(parsed.error().cause));
  return to_json(*parsed);
}

std::string problem(std::string_view text) {
  Arena arena;
  const auto parsed = parse_json(text, arena);
  return parsed ? "none" : parsed.error().cause;
}

TEST(ParseJson, KeepsTheFormOfNumbers) {
  for (const char* text : {"0", "7", "-7", "0.0", "1.10", "-0.0", "1e2", "1E+400", "1e-400",
                           "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                           "18446744073709551616", "123456789012345678901234567890.5"}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(again("-0"), "0");
  EXPECT_EQ(again("[-0]"), "[0]");
}

TEST(ParseJson, TellsIntegersFromOtherNumbers) {
  Arena arena;
  EXPECT_EQ(parse_json("9223372036854775807", arena)->as_integer(), INT64_MAX);
  EXPECT_TRUE(parse_json("9223372036854775808", arena)->is(Kind::number));
  EXPECT_EQ(parse_json("2.5", arena)->as_double(), 2.5);
  EXPECT_EQ(parse_json("1e400", arena)->as_double(), HUGE_VAL);
  EXPECT_EQ(parse_json("1e-400", arena)->as_double(), 0.0);
}

TEST(ParseJson, WritesWithoutSpacesAndKeepsTheOrderOfKeys) {
  EXPECT_EQ(again(" { \"b\" : [ 1 , 2.0 ] , \"a\" : { } , \"c\" : [ ] } "),
            R"({"b":[1,2.0],"a":{},"c":[]})");
  EXPECT_EQ(again(R"({"b":[1,2.0],"a":{},"c":[]})"), R"({"b":[1,2.0],"a":{},"c":[]})");
  EXPECT_EQ(again("[true,false ,null]"), "[true,false,null]");
}

TEST(ParseJson, EscapesOnlyWhatMustBeEscaped) {
  EXPECT_EQ(again(R"(["\u00e9\u20AC\ud83d\ude00\/"])"), "[\"é€😀/\"]");
  EXPECT_EQ(again(R"(["\u000a\u001f\u001F\"\\\b\f\n\r\t"])"),
            R"(["\n\u001F\u001F\"\\\b\f\n\r\t"])");
  EXPECT_EQ(again(R"({"\u0041":"\u0000"})"), R"({"A":"\u0000"})");
  EXPECT_EQ(again("\"\x7f\""), "\"\x7f\"");
  EXPECT_EQ(again(R"("\ud800x")"), "\"\xef\xbf\xbdx\"");
}

TEST(ParseJson, TheLastOfEqualKeysWinsAtTheFirstOnesPlace) {
  EXPECT_EQ(again(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  EXPECT_EQ(again(R"([{"a":{"x":1,"x":2}}])"), R"([{"a":{"x":2}}])");
}

TEST(ParseJson, ReportsEqualKeysToThoseWhoAsk) {
  Arena arena;
  std::vector<DuplicateKey> duplicates;
  const auto parsed =
      parse_json(R"({"a/b":[0,{"k":1,"k":2}],"o":{"p":{"q":[[{"z":1,"z":1}]]}},"o":0})", arena, {},
                 duplicates);
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(duplicates.size(), 3u);
  EXPECT_EQ(duplicates[0].pointer, "/a~1b/1");
  EXPECT_EQ(duplicates[0].key, "k");
  EXPECT_EQ(duplicates[1].pointer, "/o/p/q/0/0");
  EXPECT_EQ(duplicates[2].pointer, "");
  EXPECT_EQ(duplicates[2].key, "o");
}

TEST(ParseJson, ManyKeysAreFoundQuickly) {
  std::string text = "{";
  for (int i = 0; i < 30'000; ++i) {
    text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  }
  text.back() = '}';
  Arena arena;
  const auto parsed = parse_json(text, arena);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->size(), 30'000u);
  for (int i = 0; i < 30'000; ++i) {
    ASSERT_EQ(parsed->get("key" + std::to_string(i)).as_integer(), i);
  }
  EXPECT_FALSE(parsed->get("key30000").defined());
  EXPECT_EQ(to_json(*parsed), text);
}

TEST(ParseJson, SpeaksAsJackson) {
  EXPECT_EQ(problem("not a definition"),
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, "
            "column: 4]");
  EXPECT_EQ(again("{'not': 'json'"),
            "error: Unexpected character (''' (code 39)): was expecting double-quote to start "
            "field name");
  EXPECT_EQ(again("{\"a\" 1}"),
            "error: Unexpected character ('1' (code 49)): was expecting a colon to separate field "
            "name and value");
  EXPECT_EQ(problem("[1,\n2"),
            "Unexpected end-of-input: expected close marker for Array (start marker at [Source: "
            "(String)\"[1,\n2\"; line: 1, column: 1])\n at [Source: (String)\"[1,\n2\"; line: 2, "
            "column: 2]");
  const std::string misspelt = problem("nul");
  EXPECT_EQ(location_of(misspelt), "[Source: (String)\"nul\"; line: 1, column: 4]");
  EXPECT_EQ(
      problem("[1}"),
      "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[1}\"; "
      "line: 1, column: 1])\n at [Source: (String)\"[1}\"; line: 1, column: 4]");
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\"}",
                           "{a:1}",
                           "01",
                           "-",
                           "1.",
                           "1e",
                           ".5",
                           "+1",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "tru",
                           "truex",
                           "nullnull",
                           "1 2",
                           "{} x",
                           "[]]",
                           "}",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\\u12\"",
                           "\"a\nb\"",
                           "[1 2]",
                           "{\"a\":1 \"b\":2}",
                           "'a'",
                           "\"\\\"",
                           "{\"a",
                           "{\"a\":",
                           "{\"a\":1,",
                           "[1,",
                           "\xef\xbb\xbf{}"}) {
    Arena arena;
    EXPECT_FALSE(parse_json(text, arena).has_value()) << text;
  }
}

TEST(ParseJson, RefusesWrongUtf8) {
  for (const char* text :
       {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
        "\"\x80\"", "\"\xf0\x9f\x98\"", "{\"\xc3(\":1}", "\"\xc3"}) {
    EXPECT_NE(problem(text), "none") << text;
  }
}

TEST(ParseJson, DepthIsLimitedBeforeAnythingBreaks) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(again(nested(1000)), nested(1000));
  EXPECT_EQ(again(nested(1001)),
            "error: Document nesting depth (1001) exceeds the maximum allowed (1000)");
  EXPECT_NE(problem(std::string(100'000, '[')), "none");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(problem(objects), "none");
}

TEST(ParseJson, APayloadsValueOutlivesThePayload) {
  Arena arena;
  Value value;
  {
    const Payload payload(std::string(R"({"a":"some text that is not short"})"));
    value = *parse(payload, arena);
  }
  EXPECT_EQ(value.get("a").as_string(), "some text that is not short");
  EXPECT_FALSE(parse(Payload(), arena)->defined());
}

// Random documents, written by the test in a form of its own, read back the same.
class RandomDocument {
 public:
  explicit RandomDocument(uint64_t seed) : random_(seed) {}

  // The compact form, and the same with spaces and needless escapes.
  void add(int depth) {
    const uint64_t what = below(depth > 0 ? 8 : 6);
    if (what < 2) return scalar(below(2) ? "true" : "null");
    if (what == 2) return scalar(std::to_string(static_cast<int64_t>(random_.next())));
    if (what == 3) return scalar(std::to_string(below(1000)) + "." + std::to_string(below(100)));
    if (what < 6) return string(below(12));
    container(depth, what == 6);
  }
  std::string compact, loose;

 private:
  uint64_t below(uint64_t n) { return random_.next() % n; }
  void space() { loose.append(below(3), " \n\t"[below(3)]); }
  void scalar(const std::string& text) {
    compact += text;
    loose += text;
  }
  void string(size_t length) {
    static const char* const plain[] = {"a", "z", "é", "😀", "\\\"", "\\n", "\\u0001", "0", "/"};
    static const char* const other[] = {
        "\\u0061", "z", "\\u00e9", "\\ud83d\\ude00", "\\u0022", "\\u000A", "\\u0001", "0", "\\/"};
    scalar("\"");
    for (size_t i = 0; i < length; ++i) {
      const size_t which = below(9);
      compact += plain[which];
      loose += below(2) ? plain[which] : other[which];
    }
    scalar("\"");
  }
  void container(int depth, bool object) {
    const size_t count = below(below(10) == 0 ? 40 : 4);
    scalar(object ? "{" : "[");
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) scalar(",");
      space();
      if (object) {
        scalar("\"k" + std::to_string(i) + "\":");
        space();
      }
      add(depth - 1);
      space();
    }
    scalar(object ? "}" : "]");
  }
  SeededRandom random_;
};

TEST(ParseJson, RandomDocumentsComeBack) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    RandomDocument document(seed);
    document.add(6);
    ASSERT_EQ(again(document.compact), document.compact) << "seed " << seed;
    ASSERT_EQ(again(document.loose), document.compact) << "seed " << seed;
    Arena arena;
    ASSERT_TRUE(equal(*parse_json(document.compact, arena), *parse_json(document.loose, arena)));
  }
}

TEST(ParseJson, DamagedDocumentsNeverCrash) {
  SeededRandom random(7);
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    RandomDocument document(seed);
    document.add(5);
    std::string text = document.loose;
    for (int i = 0; i < 3 && !text.empty(); ++i) {
      text[random.next() % text.size()] = static_cast<char>(random.next());
    }
    text.resize(text.size() - random.next() % (text.size() / 4 + 1));
    Arena arena;
    const auto parsed = parse_json(text, arena);
    if (!parsed) continue;
    // What was accepted is written as JSON again.
    const std::string written = to_json(*parsed);
    ASSERT_EQ(again(written), written) << text;
  }
}

}  // namespace
}  // namespace perdure::asl
