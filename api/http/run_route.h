#pragma once
#include "api/http/router.h"
#include "engine/engine.h"

namespace perdure::api {

// Starting a workflow without an SDK. The body is the execution's input (none: {}).
//   POST /run/NAME               202 {"executionArn","startDate"}
//   POST /run/NAME?wait          200 and the output, once the execution has SUCCEEDED; else
//                                {"executionArn","status","error","cause"} with 500 (FAILED,
//                                ABORTED) or 504 (TIMED_OUT)
//   ?name=N names the execution; X-Perdure-Execution carries its ARN.
// An EXPRESS machine with ?wait runs synchronously, nothing of it is kept. A client that goes away
// leaves the execution running.
class RunRoute final : public PlainRoute {
 public:
  // The engine outlives the route.
  RunRoute(engine::Engine& engine, int64_t max_input_bytes)
      : engine_(engine), max_input_bytes_(max_input_bytes) {}
  bool serves(std::string_view path) const override { return path.starts_with("/run/"); }
  bool closed_to_functions(const RequestHead&) const override { return false; }
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;
  uint64_t body_limit() const override { return 4 << 20; }

 private:
  Result<engine::StartRequest> read(HttpRequest& request, const engine::Tenant& tenant) const;

  engine::Engine& engine_;
  const int64_t max_input_bytes_;
};

}  // namespace perdure::api
