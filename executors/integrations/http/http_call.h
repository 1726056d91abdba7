#pragma once
// The Parameters of http:invoke and what becomes of them, without I/O.
// Source: AWS's page "Call HTTPS APIs in Step Functions workflows".

#include <optional>
#include <string>
#include <vector>

#include "asl/value/value.h"
#include "base/net/http_caller.h"
#include "executors/connections/authorization.h"
#include "executors/integrations/http/form_encoding.h"

namespace perdure::executors {

struct HttpCall {
  HttpUrl url;
  std::string method;
  std::string connection_arn;  // empty: none
  NamedValues headers, query;
  asl::Value body;  // undefined: none
  bool url_encoded = false;
  ArrayFormat arrays = ArrayFormat::indices;

  // Errors are States.Runtime; the arena outlives the call.
  static Result<HttpCall> read(const asl::Value& parameters);
};

// The request with the connection's parameters in it (null: there is no connection), without the
// header that proves who we are. States.Runtime where the two bodies cannot be merged.
Result<OutgoingRequest> outgoing_request(HttpCall call, const Json* invocation_parameters,
                                         std::string_view region, asl::Arena& arena);

// The Result of the task: {"Headers", "ResponseBody", "StatusCode", "StatusText"}. Errors:
// States.Http.StatusCode.NNN, or States.Runtime for a body that is no text.
Result<std::string> http_result(const HttpResponse& response);

// How a failed exchange is told: States.Http.Socket and its like.
Error http_failure(const Error& error);

}  // namespace perdure::executors
