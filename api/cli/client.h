#pragma once
// The command line's way to a server: AWS's operations over HTTP, as any SDK would call them.

#include <optional>
#include <string>

#include "base/json.h"
#include "base/net/http_client.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::api::cli {

// --endpoint-url, else AWS_ENDPOINT_URL, else PERDURE_ENDPOINT, else http://127.0.0.1:4566.
std::string endpoint_url(const std::string& option);

// Tenant from AWS_ACCESS_KEY_ID (if it is an account) and AWS_REGION or AWS_DEFAULT_REGION.
engine::Tenant tenant_of_environment();

class Client {
 public:
  static Result<Client> open(const std::string& endpoint);

  const std::string& endpoint() const { return endpoint_; }
  const engine::Tenant& tenant() const { return tenant_; }

  // Errors of the server come back with AWS's name and text.
  Result<Json> states(const std::string& operation, const Json& input);
  Result<Json> logs(const std::string& operation, const Json& input);
  // REST: lambda, scheduler. `service` is whose signature it carries.
  Result<HttpResponse> rest(const std::string& service, const std::string& method,
                            const std::string& target, std::string body = {},
                            HttpHeaders headers = {});
  Result<Json> get(const std::string& target);  // plain JSON routes
  Result<std::string> get_text(const std::string& target);

 private:
  Client(std::string endpoint, HttpAddress address);
  Result<HttpResponse> send(const std::string& service, ClientRequest request);
  Result<Json> json_call(const std::string& service, const std::string& target,
                         const std::string& version, const Json& input);

  std::string endpoint_;
  engine::Tenant tenant_;
  HttpConnection connection_;
};

}  // namespace perdure::api::cli
