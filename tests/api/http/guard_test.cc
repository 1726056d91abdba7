#include "api/http/guard.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

bool passes(HttpHeaders headers, const GuardSettings& settings = {}) {
  RequestHead head;
  head.headers = std::move(headers);
  return !refuse_foreign(head, settings);
}

TEST(Guard, KnowsItsNames) {
  for (const char* host :
       {"localhost", "LOCALHOST:4566", "127.0.0.1:4566", "127.1.2.3", "[::1]:4566",
        "sync-localhost:4566", "sync-127.0.0.1", "streaming-127.0.0.1", "api.localhost",
        "states.us-east-1.amazonaws.com", "localhost.localstack.cloud:4566",
        "sqs.us-east-1.localhost.localstack.cloud:4566"}) {
    EXPECT_TRUE(passes({{"Host", host}})) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
        "amazonaws.com.evil.example", "evilamazonaws.com", "192.168.0.4:4566", ""}) {
    EXPECT_FALSE(passes({{"Host", host}})) << host;
  }
  EXPECT_TRUE(passes({{"Host", "box.lan:4566"}}, {{"box.lan"}, {}}));
  EXPECT_TRUE(passes({}));  // HTTP/1.0: no browser
}

TEST(Guard, RefusesPagesOfOthers) {
  EXPECT_FALSE(passes({{"Host", "localhost:4566"}, {"Origin", "http://evil.example"}}));
  EXPECT_FALSE(passes({{"Host", "localhost:4566"}, {"Origin", "http://localhost:3000"}}));
  EXPECT_FALSE(passes({{"Host", "localhost:4566"}, {"Origin", "null"}}));
  EXPECT_FALSE(passes({{"Host", "localhost:4566"}, {"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_TRUE(passes({{"Host", "localhost:4566"}, {"Origin", "http://localhost:4566"}}));
  EXPECT_TRUE(passes({{"Host", "localhost:4566"}, {"Sec-Fetch-Site", "none"}}));
  EXPECT_TRUE(passes({{"Host", "localhost:4566"}, {"Origin", "http://localhost:3000"}},
                     {{}, {"http://localhost:3000"}}));
}

}  // namespace
}  // namespace perdure::api
