#pragma once
// A service on the wire: finds the operation a request means, decodes and checks its input, calls
// it, encodes its answer. One implementation for each protocol.

#include <memory>
#include <optional>

#include "api/aws/operation.h"
#include "base/net/http_server.h"

namespace perdure::api {

// In whose name a request comes.
struct Caller {
  engine::Tenant tenant;
  std::string access_key;
  std::string request_id;
  std::string function;  // the role session of a function that signs with what it was given
};

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  // `respond` is called once, from any thread.
  virtual void handle(HttpRequest request, Caller caller, Respond respond) const = 0;
  // How an operation takes a body that it does not want in memory; nothing: the usual way.
  virtual std::optional<BodyPlan> plan_body(const RequestHead&) const { return std::nullopt; }
  // For refusals before an operation is known (body too large, unreadable).
  virtual HttpResponse error_response(const Error& error, const std::string& request_id) const = 0;
};

std::unique_ptr<Endpoint> make_endpoint(Service service);

// The HTTP status of an error where the protocol leaves it to the error (REST).
int status_of(const Error& error);

}  // namespace perdure::api
