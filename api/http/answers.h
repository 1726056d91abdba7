#pragma once
// Answers in plain JSON, for everything that is not AWS's protocol.

#include "base/json.h"
#include "base/net/http.h"
#include "base/result.h"

namespace perdure::api {

// Out of line on purpose: inlined, g++ 12 warns of an overflow that cannot be (its bug 105651).
void add_header(HttpResponse& response, std::string_view name, std::string_view value);
HttpResponse json_response(int status, const Json& body);
HttpResponse json_text_response(int status, std::string body);
// {"error": name, "message": cause} with the status of the error's kind.
HttpResponse error_response(const Error& error);

}  // namespace perdure::api
