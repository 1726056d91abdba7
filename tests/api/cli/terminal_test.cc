#include "api/cli/terminal.h"

#include <gtest/gtest.h>

namespace perdure::api::cli {
namespace {

TEST(Terminal, CutsLinesByWhatIsSeen) {
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
  EXPECT_EQ(cut_to_width("abcd", 3), "abc");
  EXPECT_EQ(cut_to_width("✓ ab", 3), "✓ a");
  EXPECT_EQ(cut_to_width("\x1b[32m✓\x1b[0m ab", 4), "\x1b[32m✓\x1b[0m ab");
  EXPECT_EQ(cut_to_width("\x1b[32m✓\x1b[0m abc", 4), "\x1b[32m✓\x1b[0m ab\x1b[0m");
  EXPECT_EQ(cut_to_width("", 0), "");
}

TEST(Terminal, GuessesTheWordThatWasMeant) {
  const std::vector<std::string> verbs = {"env", "run", "start", "stop", "show"};
  EXPECT_EQ(closest_word("rnu", verbs), "run");
  EXPECT_EQ(closest_word("strat", verbs), "start");
  EXPECT_EQ(closest_word("deploy", verbs), std::nullopt);
  EXPECT_EQ(closest_word("x", verbs), std::nullopt);
  EXPECT_EQ(closest_word("run", {}), std::nullopt);
}

TEST(Terminal, TablesCountCharacters) {
  EXPECT_EQ(table({{"A", "B"}, {"é", "x"}, {"yy", "z"}}, false), "A   B\né   x\nyy  z\n");
}

}  // namespace
}  // namespace perdure::api::cli
