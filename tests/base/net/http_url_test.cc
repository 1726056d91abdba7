#include "base/net/http_url.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(HttpUrl, is_taken_apart) {
  const auto url = HttpUrl::parse("https://Example.com:8443/a%20b?x=1&y#part");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "Example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a%20b");
  EXPECT_EQ(url->query, "x=1&y");
  EXPECT_EQ(url->authority(), "Example.com:8443");
  EXPECT_EQ(url->target(), "/a%20b?x=1&y");
}

TEST(HttpUrl, has_what_is_usual_where_nothing_is_said) {
  EXPECT_EQ(HttpUrl::parse("http://h")->text(), "http://h/");
  EXPECT_EQ(HttpUrl::parse("HTTP://h:80?q")->text(), "http://h/?q");
  EXPECT_EQ(HttpUrl::parse("https://h")->port, 443);
  const auto v6 = HttpUrl::parse("http://[::1]:99/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->authority(), "[::1]:99");
}

TEST(HttpUrl, refuses_what_is_none) {
  for (const char* wrong : {"",
                            "h",
                            "//h",
                            "ftp://h",
                            "file:///etc/passwd",
                            "http://",
                            "http:///x",
                            "http://:1/",
                            "http://user:word@h/",
                            "http://h:0/",
                            "http://h:65536/",
                            "http://h:x/",
                            "http://a b/",
                            "http://h/a b",
                            "http://h/\r\nX: y",
                            "http://[::1",
                            "http://[h]/",
                            "http://1:2:3/",
                            "http://h\x80/",
                            "http://h%00/"}) {
    const auto url = HttpUrl::parse(wrong);
    EXPECT_FALSE(url) << wrong;
    if (!url) {
      EXPECT_EQ(url.error().name, "InvalidUrl");
    }
  }
}

}  // namespace
}  // namespace perdure
