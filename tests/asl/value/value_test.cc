#include "asl/value/value.h"

#include <gtest/gtest.h>

#include "asl/value/number_text.h"

namespace perdure::asl {
namespace {

TEST(Value, IsBuiltFromParts) {
  Arena arena;
  const Value items[] = {Value::integer(1), Value::number(2), Value::null(), Value::boolean(true)};
  const Value list = Value::array(items, arena);
  const Member members[] = {
      {"z", list}, {"a", Value::string("x\"y")}, {"n", Value::number_text("1.50")}};
  const Value object = Value::object(members, arena);
  EXPECT_EQ(to_json(object), R"({"z":[1,2.0,null,true],"a":"x\"y","n":1.50})");
  EXPECT_EQ(object.get("z").items()[0].as_integer(), 1);
  EXPECT_FALSE(object.get("b").defined());
}

TEST(Value, ChangedPartsAreWrittenAnew) {
  Arena arena;
  const Value parsed = *parse_json(R"({"a":{"b":[1,2]},"c":3})", arena);
  const Member members[] = {{"c", Value::integer(4)}, {"kept", parsed.get("a")}};
  EXPECT_EQ(to_json(Value::object(members, arena)), R"({"c":4,"kept":{"b":[1,2]}})");
}

TEST(Value, EqualityIsByValue) {
  Arena arena;
  const auto same = [&](const char* a, const char* b) {
    return equal(*parse_json(a, arena), *parse_json(b, arena));
  };
  EXPECT_TRUE(same("1", "1.0"));
  EXPECT_TRUE(same("100", "1e2"));
  EXPECT_FALSE(same("9223372036854775807", "9223372036854775806"));
  EXPECT_TRUE(same(R"({"a":[1],"b":null})", R"({"b":null,"a":[1.0]})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("\"1\"", "1"));
  EXPECT_FALSE(same("null", "false"));
}

TEST(Value, DoublesLookAsInJava) {
  EXPECT_EQ(java_double(1), "1.0");
  EXPECT_EQ(java_double(-0.5), "-0.5");
  EXPECT_EQ(java_double(0.001), "0.001");
  EXPECT_EQ(java_double(0.00012), "1.2E-4");
  EXPECT_EQ(java_double(1234567), "1234567.0");
  EXPECT_EQ(java_double(1e7), "1.0E7");
  EXPECT_EQ(java_double(9223372036854775808.0), "9.223372036854776E18");
  EXPECT_EQ(java_double(123.456), "123.456");
  EXPECT_EQ(java_double(-0.0), "-0.0");
}

TEST(Arena, IsUsedAgainAfterReset) {
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const std::string text = "text number " + std::to_string(i);
      EXPECT_EQ(arena.copy(text), text);
    }
    const auto address = reinterpret_cast<uintptr_t>(arena.allocate(64, 64));
    EXPECT_EQ(address % 64, 0u);
    arena.allocate(5'000'000);
    EXPECT_GT(arena.bytes_used(), 5'000'000u);
    arena.reset();
    EXPECT_EQ(arena.bytes_used(), 0u);
  }
}

}  // namespace
}  // namespace perdure::asl
