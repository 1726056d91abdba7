#include "api/sts/sts.h"

#include <gtest/gtest.h>

#include "tests/api/wire.h"

namespace perdure::api {
namespace {

TEST(Sts, SaysWhoIsAsking) {
  Wire wire(sts_service());
  const HttpResponse response =
      wire.post("/", "Action=GetCallerIdentity&Version=2011-06-15",
                {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("<GetCallerIdentityResult><Account>000000000000</Account>"
                               "<Arn>arn:aws:iam::000000000000:root</Arn>"),
            std::string::npos)
      << response.body;
}

TEST(Sts, UnknownActions) {
  Wire wire(sts_service());
  const HttpResponse response =
      wire.post("/", "Action=%3Cb%3E", {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("<Code>InvalidAction</Code>"), std::string::npos);
  EXPECT_NE(response.body.find("&lt;b&gt;"), std::string::npos) << response.body;
}

}  // namespace
}  // namespace perdure::api
