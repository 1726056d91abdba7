#pragma once
// What a caller may ask for: nothing of another account or region, and, with the credentials that a
// function is given, nothing that changes functions. There are no policies beyond these; a request
// that passes is served.

#include "api/aws/endpoint.h"

namespace perdure::api {

// AccessDeniedException, or what the service says of resources that another region has. `input` has
// passed the operation's shape; its texts that are ARNs of the service are looked at.
Result<> check_access(const Service& service, const Operation& operation, const Caller& caller,
                      const Json& input);

// Who asks, as AWS names callers in its messages.
std::string principal_of(const Caller& caller);

}  // namespace perdure::api
