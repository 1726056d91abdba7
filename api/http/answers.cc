#include "api/http/answers.h"

#include <utility>

#include "api/aws/endpoint.h"

namespace perdure::api {

void add_header(HttpResponse& response, std::string_view name, std::string_view value) {
  response.headers.add(std::string(name), std::string(value));
}

HttpResponse json_text_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

HttpResponse json_response(int status, const Json& body) {
  return json_text_response(status, dump_json(body));
}

HttpResponse error_response(const Error& error) {
  HttpResponse response =
      json_response(status_of(error), {{"error", error.name}, {"message", error.cause}});
  if (response.status == 429 || response.status == 503) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace perdure::api
