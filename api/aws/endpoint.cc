#include "api/aws/endpoint.h"

#include <utility>

#include "api/aws/json_protocol.h"
#include "api/aws/query_protocol.h"
#include "api/aws/rest_protocol.h"
#include "api/aws/rest_xml_protocol.h"

namespace perdure::api {

std::unique_ptr<Endpoint> make_endpoint(Service service) {
  switch (service.protocol) {
    case Protocol::json:
      return std::make_unique<JsonEndpoint>(std::move(service));
    case Protocol::rest_json:
      return std::make_unique<RestEndpoint>(std::move(service));
    case Protocol::rest_xml:
      return std::make_unique<RestXmlEndpoint>(std::move(service));
    case Protocol::query:
      return std::make_unique<QueryEndpoint>(std::move(service));
  }
  PD_ASSERT(false);
}

int status_of(const Error& error) {
  if (error.name == "PreconditionFailedException") return 412;  // the one conflict that is no 409
  switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::runtime:
      return 400;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::too_large:
      return 413;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::unsupported:
      return 501;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

}  // namespace perdure::api
