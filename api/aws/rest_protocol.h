#pragma once
// REST-JSON: method and path name the operation; members of the input travel in the path, the
// query, headers and a JSON body.

#include "api/aws/endpoint.h"

namespace perdure::api {

class RestEndpoint final : public Endpoint {
 public:
  explicit RestEndpoint(Service service);
  void handle(HttpRequest request, Caller caller, Respond respond) const override;
  HttpResponse error_response(const Error& error, const std::string& request_id) const override;

 private:
  // A path template cut at its slashes; "{Name}" parts take any one segment.
  struct Route {
    const Operation* operation;
    std::vector<std::string> parts;
  };
  using Segments = std::vector<std::string_view>;
  const Route* find(std::string_view method, const Segments& segments) const;

  const Service service_;
  std::vector<Route> routes_;
};

}  // namespace perdure::api
