// Numbers that are kept as doubles are written as they came, like all others.

#include <gtest/gtest.h>

#include "asl/value/value.h"
#include "base/clock.h"

namespace perdure::asl {
namespace {

std::string rewritten(const std::string& text) {
  Arena arena;
  const auto value = parse_json(text, arena);
  if (!value) return value.error().cause;
  // Put into an array of our own, so that no source text is copied.
  const Value items[] = {*value};
  return to_json(Value::array(items, arena));
}

TEST(PlainDecimal, EveryFormIsKept) {
  for (const char* const text :
       {"0.0", "1.0", "1.50", "0.001", "0.0009", "9999999.5", "10000000.5", "-0.5", "-0.0", "0.10",
        "123456789012345.6", "1.12345678901234", "1.123456789012345", "99999.0", "12345.00"}) {
    EXPECT_EQ(rewritten(text), "[" + std::string(text) + "]");
  }
}

TEST(PlainDecimal, RandomDecimalsComeBack) {
  SeededRandom random(5);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t whole = random.next() % 20'000'000;
    std::string digits = std::to_string(random.next() % 10'000'000'000);
    digits.resize(1 + random.next() % digits.size());
    const std::string text = std::to_string(whole >> (random.next() % 24)) + "." + digits;
    ASSERT_EQ(rewritten(text), "[" + text + "]");
    Arena arena;
    ASSERT_EQ(parse_json(text, arena)->as_double(), std::strtod(text.c_str(), nullptr));
  }
}

}  // namespace
}  // namespace perdure::asl
