#include "base/net/http.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

RequestHead head_with(std::string target) {
  RequestHead head;
  head.target = std::move(target);
  return head;
}

TEST(HttpHeaders, compare_names_without_case) {
  HttpHeaders headers{{"Host", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.get("hOST"), "a");
  EXPECT_EQ(headers.get("x"), "1");
  EXPECT_EQ(headers.find("y"), std::nullopt);
  headers.set("X", "3");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.get("x"), "3");
  headers.remove("x");
  EXPECT_FALSE(headers.find("X"));
}

TEST(RequestHead, splits_targets) {
  const auto head = head_with("/a%2Fb/c?x=%20&y");
  EXPECT_EQ(head.path(), "/a%2Fb/c");
  EXPECT_EQ(head.query(), "x=%20&y");
  EXPECT_EQ(head.decoded_path(), "/a/b/c");
  EXPECT_EQ(head_with("/").query(), "");
  EXPECT_EQ(head_with("/?").path(), "/");
  EXPECT_EQ(head_with("http://h:1/p?q").path(), "/p");
  EXPECT_EQ(head_with("http://h:1/p?q").query(), "q");
  EXPECT_EQ(head_with("http://h?q").path(), "/");
  EXPECT_EQ(head_with("http://h").path(), "/");
  EXPECT_EQ(head_with("*").path(), "*");
  EXPECT_FALSE(head_with("/%zz").decoded_path());
}

}  // namespace
}  // namespace perdure
