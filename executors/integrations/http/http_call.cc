#include "executors/integrations/http/http_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "asl/value/utf8.h"

namespace perdure::executors {
namespace {

using asl::Kind;
using asl::Value;

Error runtime_error(std::string cause) {
  return {ErrorKind::runtime, "States.Runtime", std::move(cause)};
}

constexpr std::array<std::string_view, 7> methods = {"GET",   "POST",    "PUT", "DELETE",
                                                     "PATCH", "OPTIONS", "HEAD"};

// Fields that a definition may not set (AWS's page), in lower case; a * at the end is any rest.
constexpr std::array<std::string_view, 35> forbidden_headers = {"a-im",
                                                                "accept-charset",
                                                                "accept-datetime",
                                                                "accept-encoding",
                                                                "authorization",
                                                                "cache-control",
                                                                "connection",
                                                                "content-encoding",
                                                                "content-md5",
                                                                "date",
                                                                "expect",
                                                                "forwarded",
                                                                "from",
                                                                "host",
                                                                "http2-settings",
                                                                "if-match",
                                                                "if-range",
                                                                "if-modified-since",
                                                                "if-none-match",
                                                                "if-unmodified-since",
                                                                "max-forwards",
                                                                "origin",
                                                                "pragma",
                                                                "proxy-authorization",
                                                                "referer",
                                                                "server",
                                                                "te",
                                                                "trailer",
                                                                "upgrade",
                                                                "transfer-encoding",
                                                                "via",
                                                                "warning",
                                                                "x-forwarded-*",
                                                                "x-amz-*",
                                                                "x-amzn-*"};
// Set by us, whoever asks; a definition may name them, without effect.
constexpr std::array<std::string_view, 3> own_headers = {"user-agent", "range", "content-length"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  return out;
}

bool is_forbidden(std::string_view name) {
  const std::string known = lower(name);
  return std::any_of(forbidden_headers.begin(), forbidden_headers.end(), [&](std::string_view one) {
    if (one.ends_with('*')) return known.starts_with(one.substr(0, one.size() - 1));
    return known == one;
  });
}

bool is_header_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

Result<std::string> text_of(const Value& parameters, std::string_view name) {
  const Value value = parameters.get(name);
  if (!value.defined() || value.is(Kind::null)) return std::string();
  if (!value.is(Kind::string)) {
    return runtime_error("The field '" + std::string(name) + "' of an HTTP task must be a string");
  }
  return std::string(value.as_string());
}

Result<std::string> connection_arn_of(const Value& parameters) {
  for (const std::string_view field : {"InvocationConfig", "Authentication"}) {
    const Value config = parameters.get(field);
    if (!config.is(Kind::object)) continue;
    PD_TRY(arn, text_of(config, "ConnectionArn"));
    if (!arn.empty()) return arn;
  }
  return std::string();
}

// An array of texts is one field with its items between commas.
Result<NamedValues> read_headers(const Value& given) {
  NamedValues headers;
  if (!given.defined() || given.is(Kind::null)) return headers;
  if (!given.is(Kind::object))
    return runtime_error("The Headers of an HTTP task must be an object");
  for (const asl::Member& member : given.members()) {
    const std::string name(member.key);
    if (!is_header_name(name)) return runtime_error("Not a header's name: " + name);
    if (is_forbidden(name)) {
      return runtime_error("The header '" + name + "' cannot be used in an HTTP task");
    }
    std::string value;
    if (member.value.is(Kind::array)) {
      for (const Value& item : member.value.items()) {
        value += (value.empty() ? "" : ", ") + plain_text(item);
      }
    } else {
      value = plain_text(member.value);
    }
    if (!is_header_value(value)) {
      return runtime_error("The value of the header '" + name + "' holds control characters");
    }
    headers.emplace_back(name, std::move(value));
  }
  return headers;
}

Result<> read_query(const Value& given, HttpCall& call) {
  if (!given.defined() || given.is(Kind::null)) return {};
  if (given.is(Kind::string)) {
    const auto pairs = parse_query(given.as_string());
    if (!pairs) return runtime_error("The QueryParameters of an HTTP task are not well encoded");
    call.query.assign(pairs->begin(), pairs->end());
    return {};
  }
  if (!given.is(Kind::object)) {
    return runtime_error("The QueryParameters of an HTTP task must be an object or a string");
  }
  for (const asl::Member& member : given.members()) {
    const std::string name(member.key);
    if (!member.value.is(Kind::array)) {
      call.query.emplace_back(name, plain_text(member.value));
      continue;
    }
    for (const Value& item : member.value.items()) call.query.emplace_back(name, plain_text(item));
  }
  return {};
}

Result<> read_transform(const Value& transform, HttpCall& call) {
  if (!transform.is(Kind::object)) return {};
  PD_TRY(encoding, text_of(transform, "RequestBodyEncoding"));
  if (!encoding.empty() && encoding != "NONE" && encoding != "URL_ENCODED") {
    return runtime_error("RequestBodyEncoding must be NONE or URL_ENCODED but was: " + encoding);
  }
  call.url_encoded = encoding == "URL_ENCODED";
  const Value options = transform.get("RequestEncodingOptions");
  if (!options.is(Kind::object)) return {};
  PD_TRY(name, text_of(options, "ArrayFormat"));
  if (name.empty()) return {};
  const auto format = array_format_named(name);
  if (!format) {
    return runtime_error("ArrayFormat must be INDICES, REPEAT, COMMAS, BRACKETS or NONE but was: " +
                         name);
  }
  call.arrays = *format;
  return {};
}

void overwrite(NamedValues& values, const NamedValues& by, bool ignore_case) {
  for (const auto& [name, value] : by) {
    std::erase_if(values, [&, &name = name](const auto& one) {
      return ignore_case ? equals_ignoring_case(one.first, name) : one.first == name;
    });
  }
  values.insert(values.end(), by.begin(), by.end());
}

Result<Value> merged_body(const Value& body, const ConnectionParameters& added, asl::Arena& arena) {
  if (added.body.empty()) return body;
  if (body.defined() && !body.is(Kind::object)) {
    return runtime_error(
        "The RequestBody of an HTTP task must be an object to be merged with the body parameters "
        "of its connection");
  }
  std::vector<asl::Member> members;
  if (body.defined()) members.assign(body.members().begin(), body.members().end());
  for (const auto& [name, value] : added.body) {
    PD_TRY(parsed, asl::parse_json(arena.copy(dump_json(value)), arena));
    const auto same = std::find_if(members.begin(), members.end(),
                                   [&, &name = name](const auto& m) { return m.key == name; });
    if (same != members.end()) {
      same->value = parsed;
    } else {
      members.push_back({arena.copy(name), parsed});
    }
  }
  return Value::object(members, arena);
}

Result<std::string> body_text(const HttpCall& call, const Value& body) {
  if (!body.defined()) return std::string();
  if (call.url_encoded) {
    if (!body.is(Kind::object)) {
      return runtime_error("The RequestBody of an HTTP task must be an object to be URL-encoded");
    }
    return form_encoded(body, call.arrays);
  }
  return body.is(Kind::string) ? std::string(body.as_string()) : asl::to_json(body);
}

std::string content_type_of(const HttpResponse& response) {
  const std::string_view field = response.headers.get("content-type");
  return lower(field.substr(0, field.find(';')));
}

bool is_binary(std::string_view type) {
  return type == "application/octet-stream" || type.starts_with("image/") ||
         type.starts_with("video/") || type.starts_with("audio/");
}

// {"Date": ["..."], ...}: equal names are one member.
std::string headers_json(const HttpHeaders& headers) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [name, value] : headers) {
    const auto same = std::find_if(members.begin(), members.end(), [&, &name = name](auto& one) {
      return equals_ignoring_case(one.first, name);
    });
    const std::string text = asl::to_json(Value::string(value));
    if (same != members.end()) {
      same->second += "," + text;
    } else {
      members.emplace_back(name, text);
    }
  }
  std::string out;
  for (const auto& [name, values] : members) {
    out += (out.empty() ? "" : ",") + asl::to_json(Value::string(name)) + ":[" + values + "]";
  }
  return "{" + out + "}";
}

}  // namespace

Result<HttpCall> HttpCall::read(const Value& parameters) {
  HttpCall call;
  if (!parameters.is(Kind::object)) {
    return runtime_error("The Parameters of an HTTP task must be an object");
  }
  PD_TRY(endpoint, text_of(parameters, "ApiEndpoint"));
  if (endpoint.empty()) return runtime_error("The field 'ApiEndpoint' is required but was missing");
  const auto url = HttpUrl::parse(endpoint);
  if (!url) return runtime_error("The ApiEndpoint is invalid: " + url.error().cause);
  call.url = *url;
  PD_TRY(method, text_of(parameters, "Method"));
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
    return runtime_error(method.empty()
                             ? "The field 'Method' is required but was missing"
                             : "The Method must be one of GET, POST, PUT, DELETE, PATCH, OPTIONS "
                               "or HEAD but was: " +
                                   method);
  }
  call.method = std::move(method);
  PD_TRY(arn, connection_arn_of(parameters));
  call.connection_arn = std::move(arn);
  PD_TRY(headers, read_headers(parameters.get("Headers")));
  call.headers = std::move(headers);
  PD_CHECK(read_query(parameters.get("QueryParameters"), call));
  PD_CHECK(read_transform(parameters.get("Transform"), call));
  const Value body = parameters.get("RequestBody");
  if (!body.is(Kind::null)) call.body = body;
  return call;
}

Result<OutgoingRequest> outgoing_request(HttpCall call, const Json* invocation_parameters,
                                         std::string_view region, asl::Arena& arena) {
  ConnectionParameters added;
  if (invocation_parameters != nullptr) {
    added = ConnectionParameters::read(*invocation_parameters);
  }
  overwrite(call.headers, added.headers, true);
  overwrite(call.query, added.query, false);
  PD_TRY(body, merged_body(call.body, added, arena));
  OutgoingRequest request;
  PD_TRY(text, body_text(call, body));
  request.method = call.method;
  request.url = std::move(call.url);
  request.body = std::move(text);
  std::string& query = request.url.query;
  for (const auto& [name, value] : call.query) {
    query += (query.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }
  for (const auto& [name, value] : call.headers) {
    const bool own =
        std::find(own_headers.begin(), own_headers.end(), lower(name)) != own_headers.end();
    if (!own) request.headers.add(name, value);
  }
  if (body.defined() && !request.headers.find("content-type")) {
    request.headers.add("Content-Type", call.url_encoded ? "application/x-www-form-urlencoded"
                                                         : "application/json; charset=UTF-8");
  }
  request.headers.add("Range", "bytes=0-262144");
  request.headers.add("User-Agent", "Amazon|StepFunctions|HttpInvoke|" + std::string(region));
  return request;
}

Result<std::string> http_result(const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  const std::string reason(reason_phrase(response.status));
  if (response.status / 100 != 2) {
    // The body is not told: all that AWS gives is the status's text.
    return Error{ErrorKind::runtime, "States.Http.StatusCode." + status, reason};
  }
  const std::string type = content_type_of(response);
  if (is_binary(type)) {
    return runtime_error(
        "The response of the HTTP task has a content type that is not supported: " + type);
  }
  if (!asl::valid_utf8(response.body)) {
    return runtime_error("The response of the HTTP task cannot be read as a string");
  }
  asl::Arena arena;
  Value body = Value::string(response.body);
  if (type == "application/json" || type.ends_with("+json")) {
    if (const auto parsed = asl::parse_json(response.body, arena)) body = *parsed;
  }
  return "{\"Headers\":" + headers_json(response.headers) +
         ",\"ResponseBody\":" + asl::to_json(body) + ",\"StatusCode\":" + status +
         ",\"StatusText\":" + asl::to_json(Value::string(reason)) + "}";
}

Error http_failure(const Error& error) {
  if (error.name == call_error::body_too_large) {
    return {ErrorKind::too_large, "States.DataLimitExceeded",
            "The state/task 'http' returned a result with a size exceeding the maximum number of "
            "bytes service limit."};
  }
  return {ErrorKind::unavailable, "States.Http.Socket", error.cause};
}

}  // namespace perdure::executors
