#pragma once
// A request to a function's URL as the function sees it, and what its answer means (AWS: Lambda,
// "Invoking Lambda function URLs", payload format 2.0).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/net/http.h"

namespace perdure::api {

struct UrlCall {
  std::string url_id;
  std::string request_id;
  int64_t now_ms = 0;
  std::string account;     // of a caller who has signed; empty: anonymous
  std::string access_key;  // of that one
};

// JSON text. Nothing where path or query are not well encoded.
std::optional<std::string> url_event(const HttpRequest& request, const UrlCall& call);

// `payload`: what the function has answered. A JSON object with a statusCode says what the response
// is; anything else is its body. 502 for a structure that is none.
HttpResponse url_response(const std::string& payload);
// Status, headers and cookies of an answer whose body is streamed; 200 unless it says another.
HttpResponse url_head(Json prelude);
HttpResponse url_failure();  // 502: the function has failed

// What a URL's Cors settings say. A preflight is answered here, without the function.
bool is_preflight(const RequestHead& request);
void add_cors(const Json& cors, const RequestHead& request, HttpResponse& response);

}  // namespace perdure::api
