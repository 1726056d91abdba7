#include "api/lambda/url_event.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

#include "api/http/answers.h"
#include "base/hash.h"

namespace perdure::api {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// "12/Mar/2020:19:03:58 +0000"
std::string log_time(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &parts);
  return {text, size};
}

// Several of one name become one, with commas between them.
void join(Json& map, const std::string& name, std::string_view value) {
  Json& entry = map[name];
  entry =
      entry.is_string() ? entry.get<std::string>() + "," + std::string(value) : std::string(value);
}

Json headers_of(const HttpRequest& request, const std::string& host) {
  Json headers = Json::object();
  for (const auto& [name, value] : request.headers) join(headers, lower(name), value);
  headers["host"] = host;
  headers["x-forwarded-for"] = "127.0.0.1";
  headers["x-forwarded-proto"] = "http";
  const size_t port = request.listener ? request.listener->rfind(':') : std::string::npos;
  if (port != std::string::npos) headers["x-forwarded-port"] = request.listener->substr(port + 1);
  return headers;
}

Json cookies_of(const HttpRequest& request) {
  Json cookies = Json::array();
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      std::string_view cookie = rest.substr(0, end);
      cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
      if (!cookie.empty()) cookies.push_back(cookie);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return cookies;
}

bool is_text_type(std::string_view type) {
  const std::string name = lower(type.substr(0, type.find(';')));
  return name.starts_with("text/") || name == "application/json" || name == "application/xml" ||
         name == "application/javascript" || name.ends_with("+json") || name.ends_with("+xml");
}

Json context_of(const HttpRequest& request, const UrlCall& call, const std::string& host,
                const std::string& path) {
  Json context = {{"accountId", call.account.empty() ? "anonymous" : call.account},
                  {"apiId", call.url_id},
                  {"domainName", host},
                  {"domainPrefix", call.url_id},
                  {"http",
                   {{"method", request.method},
                    {"path", path},
                    {"protocol", "HTTP/1.1"},
                    {"sourceIp", "127.0.0.1"},
                    {"userAgent", request.headers.get("user-agent")}}},
                  {"requestId", call.request_id},
                  {"routeKey", "$default"},
                  {"stage", "$default"},
                  {"time", log_time(call.now_ms)},
                  {"timeEpoch", call.now_ms}};
  if (!call.account.empty()) {
    context["authorizer"]["iam"] = {
        {"accessKey", call.access_key}, {"accountId", call.account},
        {"callerId", call.access_key},  {"cognitoIdentity", nullptr},
        {"principalOrgId", nullptr},    {"userArn", "arn:aws:iam::" + call.account + ":root"},
        {"userId", call.access_key}};
  }
  return context;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::optional<int> status_in(const Json& answer) {
  const Json& given = answer.at("statusCode");
  int status = 0;
  if (given.is_number_integer()) {
    status = static_cast<int>(std::clamp<int64_t>(given.get<int64_t>(), 0, 1000));
  } else if (given.is_string()) {
    const auto text = given.get<std::string>();
    std::from_chars(text.data(), text.data() + text.size(), status);
  }
  return status >= 200 && status <= 599 ? std::optional(status) : std::nullopt;
}

HttpResponse structured(const Json& answer) {
  HttpResponse response;
  const auto status = status_in(answer);
  if (!status) return url_failure();
  response.status = *status;
  if (answer.contains("headers") && answer.at("headers").is_object()) {
    for (const auto& [name, value] : answer.at("headers").items()) {
      add_header(response, name, text_of(value));
    }
  }
  if (answer.contains("cookies") && answer.at("cookies").is_array()) {
    for (const Json& cookie : answer.at("cookies")) {
      add_header(response, "Set-Cookie", text_of(cookie));
    }
  }
  if (!response.headers.find("content-type")) {
    add_header(response, "Content-Type", "application/json");
  }
  if (answer.contains("body") && !answer.at("body").is_null()) {
    response.body = text_of(answer.at("body"));
  }
  const auto encoded = answer.find("isBase64Encoded");
  if (encoded != answer.end() && *encoded == true) {
    auto bytes = base64_decode(response.body);
    if (!bytes) return url_failure();
    response.body = std::move(*bytes);
  }
  return response;
}

bool has(const Json& cors, const char* member, std::string_view value) {
  if (!cors.contains(member)) return false;
  const Json& list = cors.at(member);
  return std::any_of(list.begin(), list.end(), [&](const Json& each) {
    const auto text = each.get<std::string>();
    return text == "*" || equals_ignoring_case(text, value);
  });
}

void add_list(const Json& cors, const char* member, const char* header, HttpResponse& response) {
  if (!cors.contains(member)) return;
  std::string all;
  for (const Json& each : cors.at(member)) all += (all.empty() ? "" : ",") + text_of(each);
  if (!all.empty()) response.headers.set(header, all);
}

}  // namespace

std::optional<std::string> url_event(const HttpRequest& request, const UrlCall& call) {
  const auto query = request.query_parameters();
  if (!query || !request.decoded_path()) return std::nullopt;
  const std::string path(request.path());
  std::string host(request.headers.get("host"));
  host = host.substr(0, host.rfind(':'));
  Json event = {{"version", "2.0"},
                {"routeKey", "$default"},
                {"rawPath", path},
                {"rawQueryString", request.query()},
                {"headers", headers_of(request, host)},
                {"requestContext", context_of(request, call, host, path)},
                {"isBase64Encoded", false}};
  for (const auto& [name, value] : *query) join(event["queryStringParameters"], name, value);
  if (Json cookies = cookies_of(request); !cookies.empty()) event["cookies"] = std::move(cookies);
  if (!request.body.empty()) {
    const bool text = is_text_type(request.headers.get("content-type"));
    event["body"] = text ? request.body : base64_encode(request.body);
    event["isBase64Encoded"] = !text;
  }
  return dump_json(event);
}

HttpResponse url_response(const std::string& payload) {
  const size_t first = payload.find_first_not_of(" \t\r\n");
  if (first != payload.npos && payload[first] == '{') {
    const auto answer = parse_json(payload);
    if (answer && answer->contains("statusCode")) return structured(*answer);
  }
  return json_text_response(200, payload);
}

HttpResponse url_head(Json prelude) {
  prelude.erase("body");
  if (!prelude.contains("statusCode")) prelude["statusCode"] = 200;
  return structured(prelude);
}

HttpResponse url_failure() { return json_text_response(502, "Internal Server Error"); }

bool is_preflight(const RequestHead& request) {
  return request.method == "OPTIONS" && request.headers.find("origin") &&
         request.headers.find("access-control-request-method");
}

void add_cors(const Json& cors, const RequestHead& request, HttpResponse& response) {
  const auto origin = request.headers.find("origin");
  if (!origin || !has(cors, "AllowOrigins", *origin)) return;
  const bool credentials = cors.value("AllowCredentials", false);
  const bool anybody = has(cors, "AllowOrigins", "*") && !credentials;
  response.headers.set("Access-Control-Allow-Origin", anybody ? "*" : std::string(*origin));
  if (!anybody) add_header(response, "Vary", "Origin");
  if (credentials) response.headers.set("Access-Control-Allow-Credentials", "true");
  add_list(cors, "ExposeHeaders", "Access-Control-Expose-Headers", response);
  if (!is_preflight(request)) return;
  add_list(cors, "AllowMethods", "Access-Control-Allow-Methods", response);
  add_list(cors, "AllowHeaders", "Access-Control-Allow-Headers", response);
  if (cors.contains("MaxAge")) {
    response.headers.set("Access-Control-Max-Age", std::to_string(cors["MaxAge"].get<int64_t>()));
  }
}

}  // namespace perdure::api
