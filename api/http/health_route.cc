#include "api/http/health_route.h"

#include "api/http/answers.h"

namespace perdure::api {

bool HealthRoute::serves(std::string_view path) const {
  return path == "/health/live" || path == "/health/ready" || path == "/_localstack/health";
}

void HealthRoute::handle(HttpRequest request, const Caller&, Respond respond) {
  if (request.method != "GET" && request.method != "HEAD") {
    return respond(error_response(invalid("MethodNotAllowed", "Use GET")));
  }
  const bool ready = ready_.load();
  if (request.path() == "/health/live") return respond(json_response(200, {{"status", "live"}}));
  if (request.path() == "/health/ready") {
    return respond(json_response(ready ? 200 : 503, {{"status", ready ? "ready" : "not ready"}}));
  }
  const char* state = ready ? "running" : "initialized";
  Json services = Json::object();
  for (const char* name : {"stepfunctions", "lambda", "scheduler", "sts", "logs"}) {
    services[name] = state;
  }
  respond(json_response(200, {{"services", services}, {"edition", "perdure"}}));
}

}  // namespace perdure::api
