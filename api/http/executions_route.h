#pragma once
#include "api/http/router.h"
#include "engine/engine.h"
#include "engine/logs.h"

namespace perdure::api {

// Executions without an SDK. Moments are ISO 8601, input and output are JSON, not text.
//   GET /executions[?machine=NAME&status=S&limit=N&next=TOKEN]
//   GET /executions?quarantined=true        those that could not be read twice, and why
//   GET /executions/ID                      ID: an execution's ARN, or its name
//   GET /executions/ID/history[?after=EVENT&limit=N]
// and going on with one that ended badly:
//   POST /executions/ID/redrive
//     body (may be empty): {"from": STATE, "input": JSON TEXT, "definition": TEXT or "latest"}
class ExecutionsRoute final : public PlainRoute {
 public:
  // Both outlive the route. Without logs it is not shown what functions have cost.
  explicit ExecutionsRoute(engine::Engine& engine, engine::Logs* logs = nullptr)
      : engine_(engine), logs_(logs) {}
  bool serves(std::string_view path) const override;
  bool closed_to_functions(const RequestHead& head) const override;
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;
  uint64_t body_limit() const override { return 4 << 20; }

 private:
  Result<HttpResponse> answer(const HttpRequest& request, const Caller& caller);
  Result<HttpResponse> list(const HttpRequest& request, const engine::Tenant& tenant);
  HttpResponse quarantined();
  Result<HttpResponse> show(const std::string& arn);
  Result<Json> metering(const std::string& arn) const;
  Result<HttpResponse> history(const std::string& arn, const HttpRequest& request);
  void redrive(const HttpRequest& request, const Caller& caller, Respond respond);
  void redrive_with(engine::RedriveRequest order, const std::string& definition, Respond respond);
  // A bare name is looked for in every state machine of the tenant.
  Result<std::string> arn_of(std::string_view path, const Caller& caller, std::string_view action);

  engine::Engine& engine_;
  engine::Logs* const logs_;
};

}  // namespace perdure::api
