#pragma once
// Where the package of a function or a layer can be fetched: what GetFunction and GetLayerVersion
// call Location. As with AWS's signed addresses, who has the address needs nothing else; it holds
// as long as what it names has this package.
//   GET /function-packages/ARN?package=BLOB   200 the archive

#include <string>

#include "api/http/router.h"
#include "api/lambda/lambda.h"

namespace perdure::api {

// `arn`: of a function's version or of a layer's.
std::string package_url(const LambdaParts& parts, const std::string& arn, const std::string& blob);

class PackageRoute final : public PlainRoute {
 public:
  explicit PackageRoute(LambdaParts parts) : parts_(std::move(parts)) {}

  bool serves(std::string_view path) const override {
    return path.starts_with("/function-packages/");
  }
  // What a function may know of its code lies before it.
  bool closed_to_functions(const RequestHead&) const override { return true; }
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  Result<std::string> read(const HttpRequest& request) const;

  const LambdaParts parts_;
};

}  // namespace perdure::api
