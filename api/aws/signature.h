#pragma once
// Who asks. Bound to loopback any credentials pass, so the signature is only read, not verified:
// its scope says which service is meant and in whose name.

#include <optional>
#include <string>
#include <string_view>

#include "engine/keys.h"

namespace perdure::api {

struct Scope {
  std::string access_key;
  std::string region;
  std::string service;
};

// "AWS4-HMAC-SHA256 Credential=KEY/20261121/us-east-1/states/aws4_request, SignedHeaders=..."
std::optional<Scope> scope_of_authorization(std::string_view header);
// The same without its frame, as X-Amz-Credential of a presigned URL has it.
std::optional<Scope> scope_of_credential(std::string_view credential);

// Account = the access key if it is 12 digits, else 000000000000; region = the scope's.
engine::Tenant tenant_of(const Scope& scope);

}  // namespace perdure::api
