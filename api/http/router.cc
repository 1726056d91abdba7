#include "api/http/router.h"

#include <algorithm>
#include <utility>

#include "api/aws/rest_xml_protocol.h"
#include "api/aws/signature.h"
#include "api/http/answers.h"
#include "base/url.h"

namespace perdure::api {

Router::Router(GuardSettings guard, BodyLimits limits, uint64_t seed)
    : guard_(std::move(guard)), limits_(limits), request_ids_(seed) {}

void Router::add(Service service) {
  const std::string name = service.name;
  const std::string target = service.target_prefix;
  endpoints_.push_back(make_endpoint(std::move(service)));
  by_service_[name] = endpoints_.back().get();
  if (!target.empty()) by_target_[target] = endpoints_.back().get();
}

void Router::add(std::unique_ptr<PlainRoute> route) { routes_.push_back(std::move(route)); }

void Router::add(std::unique_ptr<HostRoute> route) { host_routes_.push_back(std::move(route)); }

HostRoute* Router::host_route(const RequestHead& head) const {
  const std::string_view host = head.headers.get("host");
  const auto found = std::find_if(host_routes_.begin(), host_routes_.end(),
                                  [&](const auto& route) { return route->serves(host); });
  return found == host_routes_.end() ? nullptr : found->get();
}

PlainRoute* Router::plain_route(const RequestHead& head) const {
  if (is_s3_host(head.headers.get("host"))) return nullptr;
  for (const auto& route : routes_) {
    if (route->serves(head.path())) return route.get();
  }
  return nullptr;
}

namespace {

std::optional<Scope> scope_of(const RequestHead& head) {
  if (const auto header = head.headers.find("authorization"))
    return scope_of_authorization(*header);
  if (head.query().find("X-Amz-Credential=") == std::string_view::npos) return std::nullopt;
  const auto query = head.query_parameters();
  if (!query) return std::nullopt;
  for (const auto& [name, value] : *query) {
    if (name == "X-Amz-Credential") return scope_of_credential(value);
  }
  return std::nullopt;
}

// "/2015-03-31/...": the versions of Lambda's operations, and of nobody else's that is built in.
bool begins_with_date(std::string_view path) {
  constexpr std::string_view date = "/0000-00-00/";
  const auto fits = [](char form, char c) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  };
  return path.size() >= date.size() && std::equal(date.begin(), date.end(), path.begin(), fits);
}

// Whose path it is, for clients that do not sign.
std::string_view service_of_path(std::string_view path) {
  if (begins_with_date(path)) return "lambda";
  const bool schedules = path.starts_with("/schedules") || path.starts_with("/schedule-groups");
  return schedules ? "scheduler" : "";
}

bool is_invocation(std::string_view path) {
  return service_of_path(path) == "lambda" && path.ends_with("/invocations");
}

Error closed(const Caller& caller, const RequestHead& head) {
  return {ErrorKind::denied, "AccessDeniedException",
          "User: " + caller.function + " is not authorized to perform: " + head.method + " " +
              std::string(head.path())};
}

bool is_form(const RequestHead& head) {
  return head.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
}

std::string bucket_of(const RequestHead& head) {
  if (std::string bucket = bucket_of_host(head.headers.get("host")); !bucket.empty()) {
    return bucket;
  }
  const std::string_view path = head.path().substr(1);
  return std::string(path.substr(0, path.find('/')));
}

}  // namespace

const Endpoint* Router::endpoint(const RequestHead& head) const {
  const auto find = [](const auto& map, std::string_view name) -> const Endpoint* {
    const auto found = map.find(std::string(name));
    return found == map.end() ? nullptr : found->second;
  };
  if (const auto target = head.headers.find("x-amz-target")) {
    return find(by_target_, target->substr(0, target->find('.')));
  }
  if (const auto scope = scope_of(head)) return find(by_service_, scope->service);
  const std::string_view service = service_of_path(head.path());
  if (service.empty() && head.path() == "/" && is_form(head)) return find(by_service_, "sts");
  if (!service.empty()) return find(by_service_, service);
  const std::string_view host = head.headers.get("host");
  if (is_s3_host(host) || (is_bucket_ && is_bucket_(bucket_of(head)))) {
    return find(by_service_, "s3");
  }
  return nullptr;
}

uint64_t Router::body_limit(const RequestHead& head) const {
  if (const PlainRoute* route = plain_route(head)) return route->body_limit();
  const std::string_view path = head.path();
  if (service_of_path(path) == "lambda") {
    return is_invocation(path) ? limits_.invoke : limits_.code;
  }
  const bool states = head.headers.get("x-amz-target").starts_with("AWSStepFunctions");
  return states ? limits_.states : limits_.other;
}

BodyPlan Router::plan_body(const RequestHead& head) {
  BodyPlan plan;
  if (host_route(head) != nullptr) {
    plan.refusal = refuse_host(head, guard_);
    plan.limit_bytes = limits_.invoke;
    return plan;
  }
  plan.refusal = refuse_foreign(head, guard_);
  if (plan.refusal) return plan;
  const bool json = head.headers.find("x-amz-target").has_value();
  if (!json && plain_route(head) == nullptr) {
    const Endpoint* endpoint = this->endpoint(head);
    auto own = endpoint != nullptr ? endpoint->plan_body(head) : std::nullopt;
    if (own) return std::move(*own);
  }
  plan.limit_bytes = body_limit(head);
  return plan;
}

Caller Router::caller_of(const RequestHead& head) {
  Caller caller;
  caller.request_id = request_ids_.next();
  if (const auto scope = scope_of(head)) {
    caller.tenant = tenant_of(*scope);
    if (auto owner = key_owner_ ? key_owner_(scope->access_key) : std::nullopt) {
      caller.tenant.account = std::move(owner->tenant.account);
      caller.function = std::move(owner->arn);
    }
    caller.access_key = scope->access_key;
  }
  return caller;
}

void Router::handle(HttpRequest request, Respond respond) {
  if (HostRoute* route = host_route(request)) {
    if (auto refusal = refuse_host(request, guard_)) return respond(std::move(*refusal));
    const Caller caller = caller_of(request);
    return route->handle(std::move(request), caller, std::move(respond));
  }
  if (auto refusal = refuse_foreign(request, guard_)) return respond(std::move(*refusal));
  if (PlainRoute* route = plain_route(request)) {
    const Caller caller = caller_of(request);
    if (!caller.function.empty() && route->closed_to_functions(request)) {
      return respond(error_response(closed(caller, request)));
    }
    return route->handle(std::move(request), caller, std::move(respond));
  }
  if (const Endpoint* endpoint = this->endpoint(request)) {
    Caller caller = caller_of(request);
    return endpoint->handle(std::move(request), std::move(caller), std::move(respond));
  }
  const bool aws = request.headers.find("x-amz-target") || request.headers.find("authorization");
  const std::string what = request.method + " " + std::string(request.path());
  respond(aws ? json_response(
                    400, {{"__type", "UnknownOperationException"},
                          {"message", "The service is unknown or not supported yet: " +
                                          std::string(request.headers.get("x-amz-target", what))}})
              : json_response(404, {{"error", "NotFound"}, {"message", "There is no " + what}}));
}

HttpResponse Router::protocol_error(int status, std::string_view why, const RequestHead* head) {
  Error error{ErrorKind::invalid, "BadRequest", std::string(why)};
  if (status == 413) {
    error = {ErrorKind::too_large, "RequestEntityTooLargeException", std::string(why)};
    if (head != nullptr && is_invocation(head->path())) {
      error = {ErrorKind::too_large, "RequestTooLargeException",
               "Request must be smaller than " + std::to_string(limits_.invoke) +
                   " bytes for the InvokeFunction operation"};
    }
  } else if (status >= 500) {
    error = {status == 503 ? ErrorKind::unavailable : ErrorKind::internal,
             status == 503 ? "ServiceUnavailable" : "InternalFailure", std::string(why)};
  }
  const Endpoint* endpoint = head != nullptr ? this->endpoint(*head) : nullptr;
  HttpResponse response = endpoint != nullptr ? endpoint->error_response(error, request_ids_.next())
                                              : api::error_response(error);
  response.status = status;
  return response;
}

}  // namespace perdure::api
