#pragma once
// The hosts of functions' URLs: ID.lambda-url.REGION.localhost, or any other domain that is ours.

#include "api/http/router.h"
#include "api/lambda/lambda.h"

namespace perdure::api {

class FunctionUrlRoute final : public HostRoute {
 public:
  explicit FunctionUrlRoute(LambdaParts parts) : parts_(std::move(parts)) {}

  bool serves(std::string_view host) const override;
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  const LambdaParts parts_;
};

}  // namespace perdure::api
