#include "executors/connections/authorization.h"

#include <utility>

#include "base/hash.h"
#include "base/log.h"

namespace perdure::executors {
namespace {

constexpr int64_t margin_ms = 30'000;          // a token is renewed so long before its end
constexpr int64_t default_life_s = 3'600;      // where the server does not say
constexpr int64_t max_token_bytes = 64 << 10;  // of the answer that holds it
constexpr int token_timeout_ms = 30'000;

std::string text(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return "";
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

std::string basic(const std::string& name, const std::string& password) {
  return "Basic " + base64_encode(name + ":" + password);
}

std::string form(const NamedValues& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += (out.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

// The client proves itself by Basic authentication, which RFC 6749 wants of every server; the grant
// type is added where the connection does not name one.
Result<OutgoingRequest> token_request(const Json& oauth) {
  OutgoingRequest request;
  PD_TRY(url, HttpUrl::parse(text(oauth, "AuthorizationEndpoint")));
  const Json client = oauth.value("ClientParameters", Json::object());
  const ConnectionParameters more =
      ConnectionParameters::read(oauth.value("OAuthHttpParameters", Json::object()));
  NamedValues fields;
  bool has_grant = false;
  for (const auto& [name, value] : more.body) {
    has_grant = has_grant || name == "grant_type";
    fields.emplace_back(name, value.is_string() ? value.get<std::string>() : dump_json(value));
  }
  if (!has_grant) fields.emplace_back("grant_type", "client_credentials");
  NamedValues query = more.query;
  request.method = text(oauth, "HttpMethod");
  request.headers.add("Authorization",
                      basic(text(client, "ClientID"), text(client, "ClientSecret")));
  request.headers.add("Accept", "application/json");
  for (const auto& [name, value] : more.headers) request.headers.set(name, value);
  if (request.method == "GET") {
    query.insert(query.end(), fields.begin(), fields.end());
  } else {
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = form(fields);
  }
  if (!query.empty()) url.query += (url.query.empty() ? "" : "&") + form(query);
  request.url = std::move(url);
  request.timeout_ms = token_timeout_ms;
  request.max_body_bytes = max_token_bytes;
  return request;
}

Error not_authorized(std::string why) {
  return {ErrorKind::denied, "InvalidConnectionState", std::move(why)};
}

}  // namespace

ConnectionParameters ConnectionParameters::read(const Json& parameters) {
  ConnectionParameters out;
  const auto each = [&parameters](const char* list, auto take) {
    const auto found = parameters.find(list);
    if (found == parameters.end()) return;
    for (const Json& one : *found) take(text(one, "Key"), one.value("Value", Json("")));
  };
  const auto as_text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : dump_json(value);
  };
  each("HeaderParameters", [&](std::string key, const Json& value) {
    out.headers.emplace_back(std::move(key), as_text(value));
  });
  each("QueryStringParameters", [&](std::string key, const Json& value) {
    out.query.emplace_back(std::move(key), as_text(value));
  });
  each("BodyParameters",
       [&](std::string key, const Json& value) { out.body.emplace_back(std::move(key), value); });
  return out;
}

Authorization::Authorization(Connections& connections, HttpCaller& http, Runner& runner,
                             const Clock& clock, std::shared_ptr<const AddressPolicy> addresses)
    : connections_(connections),
      http_(http),
      runner_(runner),
      clock_(clock),
      addresses_(std::move(addresses)) {}

void Authorization::header(const Connection& connection, Done done) {
  if (connection.state == "DEAUTHORIZED") {
    return done(not_authorized("The connection " + connection.name + " is DEAUTHORIZED"));
  }
  if (connection.authorization == "BASIC") {
    const Json& login = connection.part("BasicAuthParameters");
    return done(std::pair<std::string, std::string>(
        "Authorization", basic(text(login, "Username"), text(login, "Password"))));
  }
  if (connection.authorization == "API_KEY") {
    const Json& key = connection.part("ApiKeyAuthParameters");
    return done(std::pair(text(key, "ApiKeyName"), text(key, "ApiKeyValue")));
  }
  const auto known = tokens_.find(connection.arn);
  if (known != tokens_.end() && known->second.modified_ms == connection.modified_ms &&
      clock_.now_ms() < known->second.until_ms) {
    return done(std::pair<std::string, std::string>("Authorization", known->second.value));
  }
  auto& waiting = waiting_[connection.arn];
  waiting.push_back(std::move(done));
  if (waiting.size() == 1) fetch(connection);
}

void Authorization::fetch(const Connection& connection) {
  auto request = token_request(connection.part("OAuthParameters"));
  if (!request) return fetched(connection, request.error());
  request->addresses = addresses_;
  http_.send(std::move(*request), [this, connection](Result<HttpResponse> response) {
    runner_.post(
        [this, connection, response = std::move(response)] { fetched(connection, response); });
  });
}

void Authorization::fetched(const Connection& connection, const Result<HttpResponse>& response) {
  Result<std::pair<std::string, std::string>> header = Error{};
  if (!response) {
    header = response.error();
  } else {
    const auto json = parse_json(response->body);
    const std::string token = json && json->is_object() ? text(*json, "access_token") : "";
    if (response->status / 100 != 2 || token.empty()) {
      header = not_authorized("The authorization endpoint of the connection " + connection.name +
                              " answered with status " + std::to_string(response->status) +
                              (response->status / 100 == 2 ? " and no access token" : ""));
      note_state(connection, "DEAUTHORIZED", header.error().cause);
    } else {
      const auto life = json->find("expires_in");
      const int64_t life_s =
          life != json->end() && life->is_number_integer() ? life->get<int64_t>() : default_life_s;
      const std::string value = "Bearer " + token;
      tokens_[connection.arn] = {value, clock_.now_ms() + life_s * 1000 - margin_ms,
                                 connection.modified_ms};
      header = std::pair<std::string, std::string>("Authorization", value);
      note_state(connection, "AUTHORIZED", "");
    }
  }
  const auto waiting = waiting_.extract(connection.arn);
  if (!waiting) return;
  for (const Done& done : waiting.mapped()) done(header);
}

void Authorization::note_state(Connection connection, const std::string& state,
                               const std::string& reason) {
  if (connection.state == state) return;
  connection.state = state;
  connection.reason = reason;
  if (state == "AUTHORIZED") connection.authorized_ms = clock_.now_ms();
  const int64_t read_ms = connection.modified_ms;
  connections_.update(std::move(connection), read_ms, [](const Result<Connection>& noted) {
    if (!noted) log_info("A connection's state was not noted: {}", noted.error().cause);
  });
}

}  // namespace perdure::executors
