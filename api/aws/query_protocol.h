#pragma once
// The query protocol: a form with Action and Version, answered in XML.

#include <unordered_map>

#include "api/aws/endpoint.h"

namespace perdure::api {

class QueryEndpoint final : public Endpoint {
 public:
  explicit QueryEndpoint(Service service);
  void handle(HttpRequest request, Caller caller, Respond respond) const override;
  HttpResponse error_response(const Error& error, const std::string& request_id) const override;

 private:
  std::string name_space() const;
  HttpResponse response(int status, std::string body, const std::string& request_id) const;

  const Service service_;
  std::unordered_map<std::string_view, const Operation*> by_name_;
};

// Objects become elements, lists <member> elements, the rest text.
void write_xml(const Json& value, std::string& out);

}  // namespace perdure::api
