#include "asl/jsonata/text/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::asl::jsonata::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view lone_surrogate = "\xed\xa0\x80";

TEST(Length, CountsCharacters) {
  EXPECT_EQ(length(""), 0);
  EXPECT_EQ(length("λ-calculus"), 10);
  EXPECT_EQ(length("𝄞💩"), 2);
  EXPECT_EQ(length(std::string("a") + std::string(lone_surrogate) + "b"), 3);
}

TEST(Substring, CountsFromBothEnds) {
  EXPECT_EQ(substring("hello world", 0, 5), "hello");
  EXPECT_EQ(substring("hello world", 6), "world");
  EXPECT_EQ(substring("hello world", -5), "world");
  EXPECT_EQ(substring("hello world", -5, 1), "w");
  EXPECT_EQ(substring("hello world", -100, 3), "hel");
  EXPECT_EQ(substring("hello", 10), "");
  EXPECT_EQ(substring("hello", 1, -1), "");
  EXPECT_EQ(substring("hello", 1, 1e300), "ello");
  EXPECT_EQ(substring("😂😁😀", -2, 1), "😁");
  EXPECT_EQ(substring("😂😁😀", -5, 1), "😂");
}

TEST(Substring, CutsFractionsOff) {
  EXPECT_EQ(substring("hello", 1.5), "ello");
  EXPECT_EQ(substring("hello", 1.5, 2.7), "ell");
  EXPECT_EQ(substring("hello", -1.5), "o");
  EXPECT_EQ(substring("hello", -2.5, 1.5), "l");
}

TEST(SubstringBefore, IsAllWhereThePartIsNotFound) {
  EXPECT_EQ(substring_before("Hello World", "l"), "He");
  EXPECT_EQ(substring_before("Hello World", "f"), "Hello World");
  EXPECT_EQ(substring_before("abc", ""), "");
}

TEST(SubstringAfter, IsAllWhereThePartIsNotFound) {
  EXPECT_EQ(substring_after("Hello World", "l"), "lo World");
  EXPECT_EQ(substring_after("Hello World", "ld"), "");
  EXPECT_EQ(substring_after("Hello World", "f"), "Hello World");
  EXPECT_EQ(substring_after("abc", ""), "abc");
}

TEST(Pad, FillsOnEitherSide) {
  EXPECT_EQ(pad("foo", 5), "foo  ");
  EXPECT_EQ(pad("foo", -5), "  foo");
  EXPECT_EQ(pad("foo", 1), "foo");
  EXPECT_EQ(pad("foo", 8, "-+"), "foo-+-+-");
  EXPECT_EQ(pad("foo", -6, "-+"), "-+-foo");
  EXPECT_EQ(pad("a𝄞💩", 7, "💩"), "a𝄞💩💩💩💩💩");
  EXPECT_EQ(pad("foo", -5.7), "  foo");
}

TEST(Pad, TellsTheSizeBefore) {
  for (const auto* text : {"", "foo", "a𝄞💩"}) {
    for (const double width : {-7.0, 0.0, 2.0, 8.5}) {
      for (const auto* fill : {"", "-", "é-💩"}) {
        EXPECT_EQ(padded_size(text, width, fill), pad(text, width, fill).size())
            << text << width << fill;
      }
    }
  }
  EXPECT_EQ(padded_size("x", 1e300, "é"), 2e300);
}

TEST(Trim, JoinsTheWordsByOneSpace) {
  EXPECT_EQ(trim("   Hello  \n  \t World  \t "), "Hello World");
  EXPECT_EQ(trim("Hello"), "Hello");
  EXPECT_EQ(trim(" \r\n"), "");
  EXPECT_EQ(trim("\u00a0 x\v"), "\u00a0 x\v");
}

TEST(Split, GivesThePartsBetweenSeparators) {
  EXPECT_THAT(split("a, b, c", ", "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("Hello  World", " "), ElementsAre("Hello", "", "World"));
  EXPECT_THAT(split("12💩345💩6", "💩"), ElementsAre("12", "345", "6"));
  EXPECT_THAT(split("abc", "x"), ElementsAre("abc"));
  EXPECT_THAT(split("", ","), ElementsAre(""));
}

TEST(Split, GivesCharactersForNoSeparator) {
  EXPECT_THAT(split("1é💩", ""), ElementsAre("1", "é", "💩"));
  EXPECT_THAT(split("", ""), IsEmpty());
  EXPECT_THAT(split("abc", "", 2.5), ElementsAre("a", "b"));
}

TEST(Split, RoundsTheLimitDown) {
  EXPECT_THAT(split("a,b,c", ",", 2), ElementsAre("a", "b"));
  EXPECT_THAT(split("a,b,c", ",", 1.5), ElementsAre("a"));
  EXPECT_THAT(split("a,b,c", ",", 0), IsEmpty());
}

TEST(Replace, ReplacesAsManyAsTheLimitSays) {
  EXPECT_EQ(replace("the cat sat on the mat", "at", "it"), "the cit sit on the mit");
  EXPECT_EQ(replace("the cat sat on the mat", "at", "it", 2), "the cit sit on the mat");
  EXPECT_EQ(replace("aaaa", "a", "b", 1.5), "bbaa");
  EXPECT_EQ(replace("aaaa", "a", "b", 0), "aaaa");
  EXPECT_EQ(replace("abc", "b", "$0$$"), "a$0$$c");
}

TEST(Uppercase, KnowsLettersOfAllAlphabets) {
  EXPECT_EQ(uppercase("Hello World"), "HELLO WORLD");
  EXPECT_EQ(uppercase("äéÿ шеллы λ ა ǆ"), "ÄÉŸ ШЕЛЛЫ Λ Ა Ǆ");
  EXPECT_EQ(uppercase("straße ŉ ı ς ΐ ﬁ"), "STRASSE ʼN I Σ Ι\u0308\u0301 FI");
  EXPECT_EQ(uppercase("𐐨"), "𐐀");
  EXPECT_EQ(uppercase(lone_surrogate), lone_surrogate);
}

TEST(Lowercase, KnowsLettersOfAllAlphabets) {
  EXPECT_EQ(lowercase("Hello World"), "hello world");
  EXPECT_EQ(lowercase("ÄÉŸ ШЕЛЛЫ ẞ 𐐀"), "äéÿ шеллы ß 𐐨");
  EXPECT_EQ(lowercase("İI"), "i\u0307i");
  EXPECT_EQ(lowercase(lone_surrogate), lone_surrogate);
}

TEST(Lowercase, EndsGreekWordsWithTheFinalSigma) {
  EXPECT_EQ(lowercase("ΑΣ ΑΣΑ Σ ΑΣ'Α ΑΣ."), "ας ασα σ ασ'α ας.");
  EXPECT_EQ(lowercase("ΑΣß"), "ασß");
}

}  // namespace
}  // namespace perdure::asl::jsonata::text
