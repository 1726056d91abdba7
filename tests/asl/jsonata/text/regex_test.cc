#include "asl/jsonata/text/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asl/jsonata/messages.h"

namespace perdure::asl::jsonata::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Regex compiled(std::string_view pattern, std::string_view flags = {}) {
  auto regex = Regex::compile(pattern, flags);
  if (!regex) ADD_FAILURE() << message_of(regex.error());
  return regex ? *regex : *Regex::compile("never");
}

// What matches, in the order of the text; the code of a fault at the end.
std::vector<std::string> matches(std::string_view text, const Regex& regex) {
  Budget budget;
  RegexSearch search(regex, text, budget);
  std::vector<std::string> out;
  for (;;) {
    const auto match = search.next();
    if (!match) out.push_back(match.error().code);
    if (!match || !*match) return out;
    EXPECT_EQ((*match)->text, text.substr((*match)->first_byte, (*match)->text.size()));
    out.emplace_back((*match)->text);
  }
}
std::vector<std::string> matches(std::string_view text, std::string_view pattern,
                                 std::string_view flags = {}) {
  return matches(text, compiled(pattern, flags));
}

// "?" for a group that took no part.
std::vector<std::string> groups(std::string_view text, std::string_view pattern) {
  Budget budget;
  const auto match = RegexSearch(compiled(pattern), text, budget).next();
  std::vector<std::string> out;
  if (!match || !*match) return {"no match"};
  for (const auto& group : (*match)->groups) out.emplace_back(group.value_or("?"));
  return out;
}

std::string refused(std::string_view pattern, std::string_view flags = {}) {
  const auto regex = Regex::compile(pattern, flags);
  return regex ? "accepted" : message_of(regex.error());
}

TEST(Regex, FindsOneMatchAfterAnother) {
  EXPECT_THAT(matches("ababbxabbcc", "b+"), ElementsAre("b", "bb", "bb"));
  EXPECT_THAT(matches("abracadabra", "a.*?a"), ElementsAre("abra", "ada"));
  EXPECT_THAT(matches("abc", "d"), IsEmpty());
  EXPECT_THAT(matches("", "d"), IsEmpty());
  EXPECT_THAT(matches("aB AB", "ab", "i"), ElementsAre("aB", "AB"));
}

TEST(Regex, MatchesCharactersNotBytes) {
  EXPECT_THAT(matches("é💩", "."), ElementsAre("é", "💩"));
  EXPECT_THAT(matches("a😀b", "[^a]"), ElementsAre("😀", "b"));
  EXPECT_THAT(matches("ÄÉ", "é", "i"), ElementsAre("É"));
  EXPECT_EQ(utf16_index("a😀b", 5), 3);
}

TEST(Regex, AllowsOnlyTheFirstMatchToBeEmpty) {
  EXPECT_THAT(matches("abc", "x*"), ElementsAre("", "D1004"));
  EXPECT_THAT(matches("abc", "$"), ElementsAre(""));
  EXPECT_THAT(matches("", "x*"), ElementsAre(""));
  EXPECT_THAT(matches("ab", "a|x*"), ElementsAre("a", "D1004"));
  Budget budget;
  const Regex regex = compiled("x*");
  RegexSearch search(regex, "abc", budget);
  (void)search.next();
  EXPECT_EQ(search.next().error(), fault("D1004", json_text("x*")));
}

TEST(Regex, TellsWhatGroupsMatched) {
  EXPECT_THAT(groups("John Smith", "(\\w+)\\s(\\w+)"), ElementsAre("John", "Smith"));
  EXPECT_THAT(groups("ab", "(c)?b"), ElementsAre("?"));
  EXPECT_THAT(groups("ab", "a(b)|(c)"), ElementsAre("b", "?"));
  EXPECT_THAT(groups("aXb", "(?<x>X)(?:b)"), ElementsAre("X"));
  EXPECT_THAT(groups("abab", "(?<two>ab)\\k<two>"), ElementsAre("ab"));
  // A reference to what has not matched yet is empty.
  EXPECT_THAT(groups("aa", "(a\\1)"), ElementsAre("a"));
}

TEST(Regex, HasJavaScriptsClasses) {
  EXPECT_THAT(matches("a1_é٣", "\\w"), ElementsAre("a", "1", "_"));
  EXPECT_THAT(matches("1٣", "\\d"), ElementsAre("1"));
  EXPECT_THAT(matches("a\u00a0\u2028\ufeff b", "\\s+"), ElementsAre("\u00a0\u2028\ufeff "));
  EXPECT_THAT(matches("a\u00a0b", "[\\S]"), ElementsAre("a", "b"));
  EXPECT_THAT(matches("a\u00a0b", "[^\\s]"), ElementsAre("a", "b"));
  EXPECT_THAT(matches("a\n\u2028b", "."), ElementsAre("a", "b"));
  EXPECT_THAT(matches("ab", "[]"), IsEmpty());
  EXPECT_THAT(matches("a\n", "[^]"), ElementsAre("a", "\n"));
  EXPECT_THAT(matches("a-]", "[\\w-\\]]"), ElementsAre("a", "-", "]"));
  EXPECT_THAT(matches("[a:", "[[:a]"), ElementsAre("[", "a", ":"));
  EXPECT_THAT(matches("a]", "a]"), ElementsAre("a]"));
}

TEST(Regex, HasJavaScriptsEscapes) {
  EXPECT_THAT(matches("hAZeQ", "\\h\\A\\Z\\e\\Q"), ElementsAre("hAZeQ"));
  EXPECT_THAT(matches("é€", "\\xe9\\u20ac"), ElementsAre("é€"));
  EXPECT_THAT(matches("😀", "\\ud83d\\ude00"), ElementsAre("😀"));
  EXPECT_THAT(matches("xu\\c", "\\x\\u\\c"), ElementsAre("xu\\c"));
  EXPECT_THAT(matches("\x01\t\v", "\\cA\\t\\v"), ElementsAre("\x01\t\v"));
  EXPECT_THAT(matches("a\x01"
                      "8",
                      "(?:a)\\1\\8"),
              ElementsAre("a\x01"
                          "8"));
  EXPECT_THAT(matches("S", "\\123"), ElementsAre("S"));
  EXPECT_THAT(matches("\b", "[\\b]"), ElementsAre("\b"));
  EXPECT_THAT(matches("k<n>", "\\k<n>"), ElementsAre("k<n>"));
  EXPECT_THAT(matches("p{L}", "\\p{L}"), ElementsAre("p{L}"));
  EXPECT_THAT(matches("a{,2}{x", "a{,2}{x"), ElementsAre("a{,2}{x"));
  EXPECT_THAT(matches("aa#b c", "a{1,2}# ?b c"), ElementsAre("aa#b c"));
}

TEST(Regex, HasJavaScriptsAnchors) {
  EXPECT_THAT(matches("a\nb\r\nc", "^.", "m"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(matches("a\nb\r\nc", ".$", "m"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(matches("a\nb\n", "^."), ElementsAre("a"));
  EXPECT_THAT(matches("a\n", "a$"), IsEmpty());
  EXPECT_THAT(matches("ab ab", "\\bab\\b"), ElementsAre("ab", "ab"));
  EXPECT_THAT(matches("$1 $2", "(?<=\\$)\\d"), ElementsAre("1", "2"));
  EXPECT_THAT(matches("price 12 34", "(?<!\\d)\\d(?=\\d)"), ElementsAre("1", "3"));
}

TEST(Regex, RefusesWhatJavaScriptRefuses) {
  EXPECT_EQ(refused("("), "Invalid regular expression: /(/: Unterminated group");
  EXPECT_EQ(refused("a)"), "Invalid regular expression: /a)/: Unmatched ')'");
  EXPECT_EQ(refused("[b-a]"),
            "Invalid regular expression: /[b-a]/: Range out of order in character class");
  EXPECT_EQ(refused("[a"), "Invalid regular expression: /[a/: Unterminated character class");
  EXPECT_EQ(refused("[\\"), "Invalid regular expression: /[\\/: \\ at end of pattern");
  EXPECT_EQ(refused("a\\"), "Invalid regular expression: /a\\/: \\ at end of pattern");
  for (const auto* pattern :
       {"*", "a**", "a++", "a|*", "(*ACCEPT)", "^*", "\\b+", "{2}", "(?<=a)*"}) {
    EXPECT_THAT(refused(pattern), HasSubstr("Nothing to repeat")) << pattern;
  }
  for (const auto* pattern : {"(?i)a", "(?>a)", "(?P<n>a)", "(?#c)", "(?R)"}) {
    EXPECT_THAT(refused(pattern), HasSubstr("Invalid group")) << pattern;
  }
  EXPECT_THAT(refused("a{2,1}"), HasSubstr("out of order"));
  EXPECT_THAT(refused("(?<n>a)\\k<m>"), HasSubstr("Invalid named capture referenced"));
  EXPECT_THAT(refused("(?<n>a)(?<n>b)"), HasSubstr("Duplicate capture group name"));
  EXPECT_EQ(refused("a", "ii"), "Invalid flags supplied to RegExp constructor 'ii'");
  EXPECT_EQ(refused("a", "g"), "Invalid flags supplied to RegExp constructor 'g'");
}

TEST(Regex, RefusesWhatIsTooLarge) {
  EXPECT_NE(refused("((((a{500}){500}){500}){500})"), "accepted");
  EXPECT_NE(refused(std::string(300, '(') + std::string(300, ')')), "accepted");
}

TEST(Regex, GoesRoundLoneSurrogates) {
  const std::string text =
      "a\xed\xa0\x80"
      "b\xff";
  EXPECT_THAT(matches(text, "[ab]"), ElementsAre("a", "b"));
  EXPECT_THAT(matches(text, "a(.)b"), ElementsAre("a\xed\xa0\x80"
                                                  "b"));
  EXPECT_THAT(matches(text, "\\ud800"), IsEmpty());
}

TEST(Regex, EndsACatastrophicPattern) {
  std::string text(100'000, 'a');
  text += '!';
  for (const auto* pattern :
       {"(a+)+$", "(a|aa)+$", "(a*)*$", "a*a*a*[xy]", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    Budget budget{50'000};
    const auto found = contains(text, compiled(pattern), budget);
    ASSERT_FALSE(found) << pattern;
    EXPECT_EQ(found.error().code, "D1012") << pattern;
    EXPECT_TRUE(budget.exhausted());
  }
}

TEST(Regex, CountsWhatTheMatcherDoesNot) {
  const std::string text(100'000, 'a');
  // Each looks at all that follows from each place.
  for (const auto* pattern : {"(?=a*)[xy]", "^(.*)\\1x", "a{60000}[xy]", "(?:a|[ab]){500}[xy]"}) {
    Budget budget;  // enough for a few steps at each place
    const auto found = contains(text, compiled(pattern), budget);
    EXPECT_TRUE(!found && found.error().code == "D1012") << pattern;
  }
}

TEST(Regex, SpendsLittleOnWhatIsEasy) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "some words ";
  Budget budget{50'000};
  EXPECT_EQ(split(text, compiled("\\s+"), budget)->size(), 2001);
  EXPECT_GT(budget.steps, 25'000);
}

TEST(RegexSplit, GivesThePartsBetweenMatches) {
  Budget budget;
  const auto parts = [&](std::string_view text, std::string_view pattern, double limit) {
    return *split(text, compiled(pattern), budget, limit);
  };
  EXPECT_THAT(parts("ababbxabbcc", "b+", no_limit), ElementsAre("a", "a", "xa", "cc"));
  EXPECT_THAT(parts("ababbxabbcc", "b+", 2), ElementsAre("a", "a"));
  EXPECT_THAT(parts("abab", "b", 1.5), ElementsAre("a", "a"));
  EXPECT_THAT(parts("abab", "b", 0), IsEmpty());
  EXPECT_THAT(parts("abc", "d+", no_limit), ElementsAre("abc"));
  EXPECT_THAT(parts("abc", "$", no_limit), ElementsAre("abc", ""));
  EXPECT_THAT(parts("a", "a", no_limit), ElementsAre("", ""));
  EXPECT_EQ(split("abc", compiled("x*"), budget).error().code, "D1004");
}

std::string replaced(std::string_view text, std::string_view pattern, std::string_view by,
                     double limit = no_limit) {
  Budget budget;
  const auto out = replace(text, compiled(pattern), by, budget, limit);
  return out ? *out : out.error().code;
}

TEST(RegexReplace, PutsGroupsInPlace) {
  EXPECT_EQ(replaced("John Smith", "(\\w+)\\s(\\w+)", "$2, $1"), "Smith, John");
  EXPECT_EQ(replaced("265USD", "([0-9]+)USD", "$0 -> $$$1"), "265USD -> $265");
  EXPECT_EQ(replaced("265USD", "([0-9]+)USD", "$w"), "$w");
  EXPECT_EQ(replaced("265USD", "([0-9]+)USD", "$0$1$2"), "265USD265");
  EXPECT_EQ(replaced("abcd", "(ab)|(a)", "[1=$1][2=$2]"), "[1=ab][2=]cd");
  EXPECT_EQ(replaced("abcdefghijklmno", "(ijk)", "$x$"), "abcdefgh$x$lmno");
  EXPECT_EQ(replaced("ab", "(a)", "$01$"), "a1$b");
}

TEST(RegexReplace, ReadsAsManyDigitsAsThereAreGroups) {
  EXPECT_EQ(
      replaced("abcdefghijklmno", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)(m)", "$8$5$12$12$18$123"),
      "hella8l3no");
  EXPECT_EQ(replaced("abcdefghijklmno", "ijk", "$8$5$12$12$18$123"), "abcdefgh22823lmno");
  EXPECT_EQ(replaced("ab", "(a)", "$10"), "a0b");
}

TEST(RegexReplace, StopsAtTheLimit) {
  EXPECT_EQ(replaced("ababbxabbcc", "b+", "yy", 2), "ayyayyxabbcc");
  EXPECT_EQ(replaced("ababbxabbcc", "b+", "yy", 0), "ababbxabbcc");
  EXPECT_EQ(replaced("aaaa", "a", "b", 1.5), "bbaa");
  EXPECT_EQ(replaced("abc", "x*", "-", 1), "D1004");
}

TEST(RegexReplace, EndsEarlyWhereTheResultIsTooLarge) {
  Budget budget;
  const std::string text(1000, 'a');
  const auto out = replace(text, compiled("a"), std::string(1000, 'b'), budget, no_limit, 5000);
  EXPECT_GT(out->size(), 5000);
  EXPECT_LT(out->size(), 10'000);
}

}  // namespace
}  // namespace perdure::asl::jsonata::text
