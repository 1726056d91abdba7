#pragma once
// AWS Signature Version 4, the signer's side. Source: AWS's public specification of the signing
// process ("AWS Signature Version 4 for API requests").

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http_caller.h"
#include "executors/integrations/settings.h"

namespace perdure::executors {

struct SigningScope {
  std::string service;  // "dynamodb"
  std::string region;
  int64_t now_ms = 0;
};

// Adds Host, X-Amz-Date, the session's token where there is one, for s3 the hash of the body, and
// Authorization. All fields that are there are signed.
void sign(OutgoingRequest& request, const AwsCredentials& credentials, const SigningScope& scope);

// The text whose hash is signed: for tests.
std::string canonical_request(const OutgoingRequest& request, std::string_view service,
                              std::string_view body_hash);

}  // namespace perdure::executors
