#include "api/aws/json_protocol.h"

#include <utility>

#include "api/aws/access.h"
#include "api/aws/live_body.h"
#include "api/http/answers.h"

namespace perdure::api {

JsonEndpoint::JsonEndpoint(Service service)
    : service_(std::move(service)), content_type_("application/x-amz-json-" + service_.version) {
  for (const Operation& operation : service_.operations) by_name_[operation.name] = &operation;
}

Result<const Operation*> JsonEndpoint::find(std::string_view target) const {
  const std::string& prefix = service_.target_prefix;
  if (target.size() > prefix.size() && target.starts_with(prefix) && target[prefix.size()] == '.') {
    const auto found = by_name_.find(target.substr(prefix.size() + 1));
    if (found != by_name_.end()) return found->second;
  }
  return Error{ErrorKind::unsupported, "UnknownOperationException",
               "The operation is unknown or not supported yet: " + std::string(target)};
}

namespace {

Result<std::shared_ptr<Call>> read_call(const Service& service, const Operation& operation,
                                        HttpRequest& request, Caller& caller) {
  auto call = std::make_shared<Call>();
  call->arrived_ms = request.arrived_ms;
  call->json = Json::object();
  if (!request.body.empty()) {
    PD_TRY(json, parse_json(request.body));
    if (!json.is_object()) {
      return invalid("SerializationException", "Unexpected field type");
    }
    call->json = std::move(json);
  }
  PD_CHECK(check_input(operation.input, call->json));
  PD_CHECK(check_access(service, operation, caller, call->json));
  call->tenant = std::move(caller.tenant);
  call->access_key = std::move(caller.access_key);
  call->request_id = caller.request_id;
  return call;
}

}  // namespace

void JsonEndpoint::handle(HttpRequest request, Caller caller, Respond respond) const {
  std::string id = caller.request_id;
  const auto operation = find(request.headers.get("x-amz-target"));
  if (!operation) return respond(error_response(operation.error(), id));
  auto call = read_call(service_, **operation, request, caller);
  if (!call) return respond(error_response(call.error(), id));
  (*operation)
      ->handler(std::move(*call),
                [this, respond = std::move(respond), id = std::move(id)](Result<Answer> answer) {
                  if (!answer) return respond(error_response(answer.error(), id));
                  const auto live = std::dynamic_pointer_cast<LiveBody>(answer->source);
                  respond(live ? streamed(*live, *answer, id) : response(200, answer->json, id));
                });
}

HttpResponse JsonEndpoint::response(int status, const Json& body,
                                    const std::string& request_id) const {
  HttpResponse response;
  response.status = status;
  add_header(response, "Content-Type", content_type_);
  add_header(response, "x-amzn-RequestId", request_id);
  response.body = dump_json(body);
  return response;
}

HttpResponse JsonEndpoint::streamed(const LiveBody& body, const Answer& answer,
                                    const std::string& request_id) {
  HttpResponse response;
  response.status = 200;
  for (const auto& [name, value] : answer.headers) add_header(response, name, value);
  add_header(response, "x-amzn-RequestId", request_id);
  response.stream = body.stream();
  return response;
}

HttpResponse JsonEndpoint::error_response(const Error& error, const std::string& request_id) const {
  const bool fault = error.kind == ErrorKind::internal || error.kind == ErrorKind::unavailable;
  const int status = fault || error.kind == ErrorKind::too_large ? status_of(error) : 400;
  HttpResponse refused =
      response(status, {{"__type", error.name}, {"message", error.cause}}, request_id);
  add_header(refused, "x-amzn-ErrorType", error.name);
  if (error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable) {
    add_header(refused, "Retry-After", "1");
  }
  return refused;
}

}  // namespace perdure::api
