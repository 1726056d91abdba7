#include "base/url.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Url, encodes_as_signatures_want_it) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/ü+"), "a%20b%2F%C3%BC%2B");
  EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
}

TEST(Url, decodes_and_refuses_broken_escapes) {
  EXPECT_EQ(percent_decode("a%20b%2f%C3%bc+"), "a b/ü+");
  for (const char* wrong : {"%", "%2", "a%2g", "%%20"}) {
    EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
  }
}

TEST(Url, splits_queries) {
  EXPECT_EQ(parse_query("a=1&b=x%20y+z&c&&d=e=f&a=2"),
            (QueryParameters{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", "e=f"}, {"a", "2"}}));
  EXPECT_EQ(parse_query(""), QueryParameters{});
  EXPECT_EQ(parse_query("%26=%3D"), (QueryParameters{{"&", "="}}));
  EXPECT_EQ(parse_query("a=%"), std::nullopt);
}

}  // namespace
}  // namespace perdure
