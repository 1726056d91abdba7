// The two examples that AWS's specification of the signing process publishes with their results.
#include "executors/integrations/forward/sigv4.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace perdure::executors {
namespace {

const AwsCredentials example_key{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr int64_t example_ms = 1440938160000;  // 2015-08-30T12:36:00Z

OutgoingRequest get(const std::string& url) {
  OutgoingRequest request;
  request.url = *HttpUrl::parse(url);
  return request;
}

TEST(Sigv4, signs_the_published_request_of_iam) {
  OutgoingRequest request = get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  sign(request, example_key, {"iam", "us-east-1", example_ms});
  EXPECT_EQ(request.headers.get("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(Sigv4, the_hash_of_the_published_canonical_request_is_right) {
  OutgoingRequest request = get("https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers");
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"Host", "iam.amazonaws.com"},
                     {"X-Amz-Date", "20150830T123600Z"}};
  EXPECT_EQ(hex(sha256(canonical_request(request, "iam", hex(sha256(""))))),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
}

TEST(Sigv4, signs_the_plainest_request) {
  OutgoingRequest request = get("https://example.amazonaws.com/");
  sign(request, example_key, {"service", "us-east-1", example_ms});
  EXPECT_TRUE(std::string(request.headers.get("authorization"))
                  .ends_with("SignedHeaders=host;x-amz-date, Signature="
                             "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
}

TEST(Sigv4, encodes_the_path_once_more_but_not_for_s3) {
  OutgoingRequest request = get("http://h/a%20b/c?z=1&y=%2F&x");
  request.headers = {{"B", " two   words "}, {"A", "1"}, {"a", "2"}};
  EXPECT_EQ(canonical_request(request, "lambda", "HASH"),
            "GET\n/a%2520b/c\nx=&y=%2F&z=1\na:1,2\nb:two words\n\na;b\nHASH");
  EXPECT_TRUE(canonical_request(request, "s3", "HASH").starts_with("GET\n/a%20b/c\n"));
}

TEST(Sigv4, temporary_credentials_bring_their_token_and_s3_the_bodys_hash) {
  OutgoingRequest request = get("http://localhost:4566/b/k");
  request.body = "x";
  sign(request, {"k", "s", "token"}, {"s3", "eu-west-1", example_ms});
  EXPECT_EQ(request.headers.get("x-amz-security-token"), "token");
  EXPECT_EQ(request.headers.get("x-amz-content-sha256"), hex(sha256("x")));
  EXPECT_NE(request.headers.get("authorization")
                .find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"),
            std::string_view::npos);
}

}  // namespace
}  // namespace perdure::executors
