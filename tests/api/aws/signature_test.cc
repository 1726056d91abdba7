#include "api/aws/signature.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

TEST(Signature, ReadsTheScope) {
  const auto scope = scope_of_authorization(
      "AWS4-HMAC-SHA256 Credential=111111111111/20261121/eu-west-1/states/aws4_request, "
      "SignedHeaders=host;x-amz-date, Signature=abc");
  ASSERT_TRUE(scope);
  EXPECT_EQ(scope->access_key, "111111111111");
  EXPECT_EQ(scope->region, "eu-west-1");
  EXPECT_EQ(scope->service, "states");
  const engine::Tenant tenant = tenant_of(*scope);
  EXPECT_EQ(tenant.account, "111111111111");
  EXPECT_EQ(tenant.region, "eu-west-1");
}

TEST(Signature, OtherKeysAreTheDefaultAccount) {
  EXPECT_EQ(tenant_of({"test", "us-east-2", "lambda"}).account, "000000000000");
  EXPECT_EQ(tenant_of({"11111111111x", "us-east-2", "lambda"}).account, "000000000000");
  EXPECT_EQ(tenant_of({"test", "us east:2", "lambda"}).region, "us-east-1");
}

TEST(Signature, IgnoresOtherForms) {
  EXPECT_FALSE(scope_of_authorization("Bearer abc"));
  EXPECT_FALSE(scope_of_authorization("AWS4-HMAC-SHA256 SignedHeaders=host"));
  EXPECT_FALSE(scope_of_authorization("AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1"));
  EXPECT_FALSE(scope_of_credential("/20261121/us-east-1/states/aws4_request"));
}

}  // namespace
}  // namespace perdure::api
