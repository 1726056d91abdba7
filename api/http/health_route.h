#pragma once
#include <atomic>

#include "api/http/router.h"

namespace perdure::api {

// GET /health/live: the process answers. /health/ready: it also takes work (503 before start and
// while draining). /_localstack/health: what LocalStack's tools wait for.
class HealthRoute final : public PlainRoute {
 public:
  explicit HealthRoute(const std::atomic<bool>& ready) : ready_(ready) {}
  bool serves(std::string_view path) const override;
  bool closed_to_functions(const RequestHead&) const override { return false; }
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  const std::atomic<bool>& ready_;
};

}  // namespace perdure::api
