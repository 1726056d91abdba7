#pragma once
// REST-XML as S3 speaks it: method, bucket, key and the names of query parameters say which
// operation is meant; members travel in the path, the query, headers and an XML body, content as it
// is. The bucket may stand in the path or in the host.

#include "api/aws/endpoint.h"

namespace perdure::api {

// Whether the host is one of S3's: "s3.localhost", "bucket.s3.localhost.localstack.cloud:4566".
bool is_s3_host(std::string_view host);
// The bucket in a host of S3's, or in BUCKET.localhost; empty: it stands in the path.
std::string bucket_of_host(std::string_view host);

class RestXmlEndpoint final : public Endpoint {
 public:
  explicit RestXmlEndpoint(Service service);
  void handle(HttpRequest request, Caller caller, Respond respond) const override;
  HttpResponse error_response(const Error& error, const std::string& request_id) const override;
  std::optional<BodyPlan> plan_body(const RequestHead& head) const override;

 private:
  struct Address {  // what a request is about
    std::string bucket, key;
    QueryParameters query;
  };
  // An operation and what a request must have to mean it.
  struct Route {
    const Operation* operation;
    int level;                          // 0: the service, 1: a bucket, 2: an object
    std::vector<std::string> literals;  // query parameters that name the operation
    size_t conditions;                  // how many: the route with the most of them is meant
  };
  static Result<Address> address_of(const RequestHead& head);
  Result<const Operation*> find(const RequestHead& head, const Address& address) const;
  Result<std::shared_ptr<Call>> read(HttpRequest& request, const Operation& operation,
                                     const Address& address) const;
  HttpResponse refusal(const Error& error, const std::string& request_id, const Json& input) const;

  const Service service_;
  std::vector<Route> routes_;
};

}  // namespace perdure::api
