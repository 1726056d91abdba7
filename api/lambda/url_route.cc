#include "api/lambda/url_route.h"

#include <memory>
#include <utility>

#include "api/http/answers.h"
#include "api/lambda/url_event.h"
#include "api/lambda/url_stream.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

constexpr std::string_view marker = ".lambda-url.";

std::string id_of(std::string_view host) {
  std::string id(host.substr(0, host.find('.')));
  for (char& c : id) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return id;
}

HttpResponse refused(const Error& error) {
  if (error.kind == ErrorKind::throttled) {
    return json_response(429, {{"Type", "User"}, {"message", error.cause}});
  }
  if (error.kind == ErrorKind::too_large) {
    return json_response(413, {{"Message", "Request Entity Too Large"}});
  }
  return url_failure();
}

HttpResponse response_of(const Result<executors::InvokeResult>& result) {
  if (!result) return refused(result.error());
  return result->function_error ? url_failure() : url_response(result->payload);
}

// Signed by somebody of the function's account; signatures are not verified on loopback.
bool may_call(const Json& settings, const executors::FunctionName& name, const Caller& caller) {
  if (settings.at("AuthType") == "NONE") return true;
  return !caller.access_key.empty() && caller.tenant.account == name.tenant.account;
}

}  // namespace

bool FunctionUrlRoute::serves(std::string_view host) const {
  const size_t dot = host.find('.');
  return dot != host.npos && host.substr(dot).starts_with(marker);
}

void FunctionUrlRoute::handle(HttpRequest request, const Caller& caller, Respond respond) {
  const std::string id = id_of(request.headers.get("host"));
  const auto found = parts_.runtime.catalog().urls().find_by_id(id);
  if (!found) return respond(json_response(404, {{"Message", nullptr}}));
  const Json cors = found->settings.value("Cors", Json::object());
  if (!cors.empty() && is_preflight(request)) {
    HttpResponse response = json_text_response(200, "");
    add_cors(cors, request, response);
    return respond(std::move(response));
  }
  if (!may_call(found->settings, found->name, caller)) {
    return respond(json_response(403, {{"Message", "Forbidden"}}));
  }
  UrlCall call{id, caller.request_id, parts_.clock.now_ms(), "", caller.access_key};
  if (found->settings.at("AuthType") != "NONE") call.account = caller.tenant.account;
  auto event = url_event(request, call);
  if (!event) return respond(json_response(400, {{"Message", "Bad Request"}}));
  executors::InvokeRequest invoke;
  invoke.tenant = found->name.tenant;
  invoke.function = found->name.name;
  invoke.qualifier = found->name.qualifier;
  invoke.payload = std::move(*event);
  invoke.trace_header = request.headers.get("x-amzn-trace-id");
  request.body.clear();  // the rest is still looked at when the function has answered
  const auto head = std::make_shared<const HttpRequest>(std::move(request));
  const auto send = [head, cors, id = caller.request_id,
                     respond = std::move(respond)](HttpResponse response) {
    if (!cors.empty()) add_cors(cors, *head, response);
    add_header(response, "x-amzn-RequestId", id);
    respond(std::move(response));
  };
  if (found->settings.value("InvokeMode", "") != "RESPONSE_STREAM") {
    return parts_.runtime.invoke(std::move(invoke),
                                 [send](const auto& result) { send(response_of(result)); });
  }
  const auto stream = std::make_shared<UrlStream>(send);
  invoke.on_piece = [stream](executors::AnswerPiece piece, const std::function<void()>& resume) {
    return stream->piece(std::move(piece), resume);
  };
  parts_.runtime.invoke(std::move(invoke), [stream, send](const auto& result) {
    const bool failed = !result || result->function_error;
    if (!stream->end(failed)) send(response_of(result));
  });
}

}  // namespace perdure::api
