#pragma once
// What is said to a caller who asks for something of another account or region. A resource of
// another account is never looked up, so that the answer does not say whether it exists.

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

// The whole account as a caller: "arn:aws:iam::ACCOUNT:root".
std::string account_principal(const Tenant& tenant);

// AccessDeniedException in AWS's words: `principal` may not do `action` ("states:StartExecution")
// with a resource whose own policy would have to allow it.
Error access_denied(std::string_view principal, std::string_view action, std::string_view resource);

// Whether the resource is in the caller's account and region. An ARN without account or region
// means the caller's own; a text that is no ARN is left to others. Errors: AccessDeniedException
// for another account; for another region what the service says of things that do not exist there.
Result<> check_own(const Tenant& caller, std::string_view principal, std::string_view action,
                   std::string_view resource);

}  // namespace perdure::engine
