#include "engine/tokens.h"

#include <gtest/gtest.h>

namespace perdure::engine {
namespace {

TEST(Tokens, SayWhichAttemptTheyBelongTo) {
  const TaskToken token{actor_key("arn:some"), 12'345, 2};
  EXPECT_EQ(verify_token(mint_token(token, "secret"), "secret"), token);
  EXPECT_EQ(mint_token(token, "secret"), mint_token(token, "secret"));
}

TEST(Tokens, AnyChangeIsNoticed) {
  const std::string text = mint_token({actor_key("arn:some"), 7, 0}, "secret");
  EXPECT_FALSE(verify_token(text, "other"));
  EXPECT_FALSE(verify_token("", "secret"));
  EXPECT_FALSE(verify_token(text.substr(1), "secret"));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';  // differs in a bit that counts at any place
    EXPECT_FALSE(verify_token(changed, "secret")) << i;
  }
}

}  // namespace
}  // namespace perdure::engine
