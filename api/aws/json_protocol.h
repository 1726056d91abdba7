#pragma once
// JSON 1.0 and 1.1: POST / with the operation in X-Amz-Target. Errors are {"__type","message"} with
// status 400; 500 and 503 where the fault is ours.

#include <unordered_map>

#include "api/aws/endpoint.h"

namespace perdure::api {

class LiveBody;

class JsonEndpoint final : public Endpoint {
 public:
  explicit JsonEndpoint(Service service);
  void handle(HttpRequest request, Caller caller, Respond respond) const override;
  HttpResponse error_response(const Error& error, const std::string& request_id) const override;

 private:
  Result<const Operation*> find(std::string_view target) const;
  static HttpResponse streamed(const LiveBody& body, const Answer& answer,
                               const std::string& request_id);
  HttpResponse response(int status, const Json& body, const std::string& request_id) const;

  const Service service_;
  const std::string content_type_;
  std::unordered_map<std::string_view, const Operation*> by_name_;
};

}  // namespace perdure::api
