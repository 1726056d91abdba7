#include "api/aws/rest_protocol.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/aws/access.h"
#include "api/aws/live_body.h"
#include "api/http/answers.h"

namespace perdure::api {

namespace {

// Empty segments (a slash at the end, as older clients send it) do not count.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) segments.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

bool is_variable(std::string_view part) { return part.starts_with('{'); }

}  // namespace

RestEndpoint::RestEndpoint(Service service) : service_(std::move(service)) {
  for (const Operation& operation : service_.operations) {
    Route route{&operation, {}};
    for (std::string_view part : segments_of(operation.path)) route.parts.emplace_back(part);
    routes_.push_back(std::move(route));
  }
}

const RestEndpoint::Route* RestEndpoint::find(std::string_view method,
                                              const Segments& segments) const {
  for (const Route& route : routes_) {
    if (route.operation->method != method || route.parts.size() != segments.size()) continue;
    const auto fits = [](const std::string& part, std::string_view segment) {
      return is_variable(part) || part == segment;
    };
    if (std::equal(route.parts.begin(), route.parts.end(), segments.begin(), fits)) return &route;
  }
  return nullptr;
}

namespace {

// A member that travels as text becomes what its shape says.
Result<Json> typed(const Shape& shape, const std::string& text) {
  if (shape.kind == ShapeKind::integer) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return Json(number);
    return invalid("SerializationException", "STRING_VALUE can not be converted to a Integer");
  }
  if (shape.kind == ShapeKind::flag) {
    if (text == "true" || text == "false") return Json(text == "true");
    return invalid("SerializationException", "STRING_VALUE can not be converted to Boolean");
  }
  return Json(text);
}

Result<> read_query(const Field& field, const QueryParameters& query, Json& json) {
  for (const auto& [name, value] : query) {
    if (name != field.wire_name) continue;
    if (field.shape.kind == ShapeKind::list) {
      json[field.name].push_back(value);
    } else {
      PD_TRY(member, typed(field.shape, value));
      json[field.name] = std::move(member);
    }
  }
  return {};
}

Error bad_path() { return invalid("ValidationException", "The path is not well encoded"); }

struct Wire {
  const HttpRequest& request;
  const QueryParameters& query;
  const std::vector<std::string>& parts;
  const std::vector<std::string_view>& segments;
};

Result<> read_member(const Field& field, const Wire& wire, Json& json) {
  if (field.place == Place::query) return read_query(field, wire.query, json);
  if (field.place == Place::header) {
    const auto value = wire.request.headers.find(field.wire_name);
    if (!value) return {};
    PD_TRY(member, typed(field.shape, std::string(*value)));
    json[field.name] = std::move(member);
    return {};
  }
  for (size_t i = 0; i < wire.parts.size(); ++i) {
    if (wire.parts[i] != "{" + field.name + "}") continue;
    auto value = percent_decode(wire.segments[i]);
    if (!value) return bad_path();
    json[field.name] = std::move(*value);
  }
  return {};
}

Result<Json> read_input(const Operation& operation, const Wire& wire) {
  Json json = Json::object();
  if (!operation.raw_body && !wire.request.body.empty()) {
    PD_TRY(body, parse_json(wire.request.body));
    if (!body.is_object()) return invalid("SerializationException", "Unexpected field type");
    json = std::move(body);
  }
  for (const Field& field : operation.input.fields) {
    if (field.place == Place::body) continue;
    json.erase(field.name);  // it is not taken from the body
    PD_CHECK(read_member(field, wire, json));
  }
  PD_CHECK(check_input(operation.input, json));
  return json;
}

HttpResponse encode(const Operation& operation, Answer& answer, const std::string& request_id) {
  HttpResponse response;
  response.status = answer.status != 0 ? answer.status : operation.status;
  for (auto& [name, value] : answer.headers) add_header(response, name, value);
  add_header(response, "x-amzn-RequestId", request_id);
  if (const auto live = std::dynamic_pointer_cast<LiveBody>(answer.source)) {
    response.stream = live->stream();
  } else if (answer.payload) {
    response.body = std::move(*answer.payload);
  } else if (response.status != 204) {
    add_header(response, "Content-Type", "application/json");
    response.body = dump_json(answer.json);
  }
  return response;
}

}  // namespace

void RestEndpoint::handle(HttpRequest request, Caller caller, Respond respond) const {
  std::string id = caller.request_id;
  const Segments segments = segments_of(request.path());
  const Route* route = find(request.method, segments);
  if (!route) {
    return respond(error_response({ErrorKind::not_found, "UnknownOperationException",
                                   "The operation is unknown or not supported yet: " +
                                       request.method + " " + std::string(request.path())},
                                  id));
  }
  const auto query = request.query_parameters();
  if (!query) return respond(error_response(bad_path(), id));
  const Operation& operation = *route->operation;
  auto json = read_input(operation, {request, *query, route->parts, segments});
  if (!json) return respond(error_response(json.error(), id));
  if (const auto access = check_access(service_, operation, caller, *json); !access) {
    return respond(error_response(access.error(), id));
  }

  auto call = std::make_shared<Call>();
  call->tenant = std::move(caller.tenant);
  call->access_key = std::move(caller.access_key);
  call->request_id = id;
  call->json = std::move(*json);
  if (operation.raw_body) call->body = std::move(request.body);
  operation.handler(std::move(call), [this, &operation, respond = std::move(respond),
                                      id = std::move(id)](Result<Answer> answer) {
    respond(answer ? encode(operation, *answer, id) : error_response(answer.error(), id));
  });
}

HttpResponse RestEndpoint::error_response(const Error& error, const std::string& request_id) const {
  HttpResponse response;
  response.status = status_of(error);
  add_header(response, "Content-Type", "application/json");
  add_header(response, "x-amzn-RequestId", request_id);
  add_header(response, "x-amzn-ErrorType", error.name);
  if (response.status == 429 || response.status == 503) add_header(response, "Retry-After", "1");
  // Some models call the member `message`, some `Message`; clients of each find theirs.
  response.body = dump_json({{"__type", error.name},
                             {"Type", response.status >= 500 ? "Server" : "User"},
                             {"message", error.cause},
                             {"Message", error.cause}});
  return response;
}

}  // namespace perdure::api
