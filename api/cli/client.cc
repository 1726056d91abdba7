#include "api/cli/client.h"

#include <cstdlib>
#include <utility>

#include "api/aws/signature.h"
#include "api/cli/terminal.h"

namespace perdure::api::cli {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// A scope without a signature: the server reads in whose name and for which service.
std::string credential(const engine::Tenant& tenant, const std::string& service) {
  return "AWS4-HMAC-SHA256 Credential=" + tenant.account + "/20260101/" + tenant.region + "/" +
         service + "/aws4_request, SignedHeaders=host, Signature=none";
}

Error server_error(const HttpResponse& response) {
  const auto body = parse_json(response.body);
  Error error{ErrorKind::internal, "HTTP " + std::to_string(response.status), response.body};
  if (body && body->is_object()) {
    const auto text = [&](const char* name) {
      const auto found = body->find(name);
      return found != body->end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    error.name = !text("__type").empty() ? text("__type") : text("error");
    error.cause = !text("message").empty() ? text("message") : text("Message");
  }
  const std::string& name = error.name;
  if (response.status == 404 || name.ends_with("DoesNotExist") ||
      name.find("NotFound") != std::string::npos) {
    error.kind = ErrorKind::not_found;
  } else if (response.status == 503) {
    error.kind = ErrorKind::unavailable;
  } else if (response.status < 500) {
    error.kind = response.status == 409 ? ErrorKind::conflict : ErrorKind::invalid;
  }
  return error;
}

}  // namespace

std::string endpoint_url(const std::string& option) {
  if (!option.empty()) return option;
  for (const char* name : {"AWS_ENDPOINT_URL", "PERDURE_ENDPOINT"}) {
    if (std::string value = environment(name); !value.empty()) return value;
  }
  return "http://127.0.0.1:4566";
}

engine::Tenant tenant_of_environment() {
  std::string region = environment("AWS_REGION");
  if (region.empty()) region = environment("AWS_DEFAULT_REGION");
  return tenant_of({environment("AWS_ACCESS_KEY_ID"), region, ""});
}

Client::Client(std::string endpoint, HttpAddress address)
    : endpoint_(std::move(endpoint)),
      tenant_(tenant_of_environment()),
      connection_(std::move(address)) {}

Result<Client> Client::open(const std::string& endpoint) {
  auto address = HttpAddress::parse(endpoint);
  if (!address) {
    return invalid(bad_endpoint, "the endpoint " + endpoint + " is no http:// address");
  }
  return Client(endpoint, std::move(*address));
}

Result<HttpResponse> Client::send(const std::string& service, ClientRequest request) {
  request.headers.add("Authorization", credential(tenant_, service));
  request.timeout_ms = 900'000;
  auto response = connection_.send(request);
  if (!response) {
    return Error{ErrorKind::unavailable, "",
                 "no server at " + endpoint_ + ": " + response.error().cause +
                     "; start one with `perdure serve`"};
  }
  if (response->status >= 400) return server_error(*response);
  return std::move(*response);
}

Result<Json> Client::json_call(const std::string& service, const std::string& target,
                               const std::string& version, const Json& input) {
  ClientRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/x-amz-json-" + version},
                     {"X-Amz-Target", target}};
  request.body = dump_json(input);
  PD_TRY(response, send(service, std::move(request)));
  return parse_json(response.body);
}

Result<Json> Client::states(const std::string& operation, const Json& input) {
  return json_call("states", "AWSStepFunctions." + operation, "1.0", input);
}

Result<Json> Client::logs(const std::string& operation, const Json& input) {
  return json_call("logs", "Logs_20140328." + operation, "1.1", input);
}

Result<HttpResponse> Client::rest(const std::string& service, const std::string& method,
                                  const std::string& target, std::string body,
                                  HttpHeaders headers) {
  ClientRequest request;
  request.method = method;
  request.target = target;
  request.headers = std::move(headers);
  request.body = std::move(body);
  return send(service, std::move(request));
}

Result<std::string> Client::get_text(const std::string& target) {
  ClientRequest request;
  request.target = target;
  PD_TRY(response, send("states", std::move(request)));
  return std::move(response.body);
}

Result<Json> Client::get(const std::string& target) {
  PD_TRY(text, get_text(target));
  return parse_json(text);
}

}  // namespace perdure::api::cli
