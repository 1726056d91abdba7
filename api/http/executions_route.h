#pragma once
#include "api/http/router.h"
#include "engine/engine.h"

namespace perdure::api {

// Reading executions without an SDK. Moments are ISO 8601, input and output are JSON, not text.
//   GET /executions[?machine=NAME&status=S&limit=N&next=TOKEN]
//   GET /executions?quarantined=true        those that could not be read twice, and why
//   GET /executions/ID                      ID: an execution's ARN, or its name
//   GET /executions/ID/history[?after=EVENT&limit=N]
class ExecutionsRoute final : public PlainRoute {
 public:
  explicit ExecutionsRoute(engine::Engine& engine) : engine_(engine) {}  // outlives the route
  bool serves(std::string_view path) const override;
  bool closed_to_functions(const RequestHead& head) const override;
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  Result<HttpResponse> answer(const HttpRequest& request, const Caller& caller);
  Result<HttpResponse> list(const HttpRequest& request, const engine::Tenant& tenant);
  HttpResponse quarantined();
  Result<HttpResponse> show(const std::string& arn);
  Result<HttpResponse> history(const std::string& arn, const HttpRequest& request);
  // A bare name is looked for in every state machine of the tenant.
  Result<std::string> arn_of(const std::string& id, const Caller& caller, std::string_view action);

  engine::Engine& engine_;
};

}  // namespace perdure::api
