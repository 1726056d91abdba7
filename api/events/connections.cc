// Connections: how HTTP tasks prove who they are.

#include <algorithm>
#include <utility>

#include "api/events/connection_json.h"
#include "api/events/events.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using executors::Connection;
using executors::Connections;

Error no_connection(const std::string& name) {
  return {ErrorKind::not_found, "ResourceNotFoundException",
          "Connection '" + name + "' does not exist."};
}

Error bad(std::string text) { return invalid("ValidationException", std::move(text)); }

const char* part_of(const std::string& authorization) {
  if (authorization == "BASIC") return "BasicAuthParameters";
  if (authorization == "API_KEY") return "ApiKeyAuthParameters";
  return "OAuthParameters";
}

// Only the parameters of the type that the connection has are kept.
Result<> settle(Connection& connection) {
  const std::string part = part_of(connection.authorization);
  for (const char* other : {"BasicAuthParameters", "ApiKeyAuthParameters", "OAuthParameters"}) {
    if (part != other) connection.auth.erase(other);
  }
  if (!connection.auth.contains(part)) {
    return bad("Parameter AuthParameters." + part + " must be set for the authorization type " +
               connection.authorization + ".");
  }
  return {};
}

Result<> refuse_private(const Json& input) {
  if (input.contains("InvocationConnectivityParameters") ||
      input.value("AuthParameters", Json::object()).contains("ConnectivityParameters")) {
    return bad(
        "Connections to private APIs are not supported: leave the connectivity parameters "
        "out, and list the network in the server's settings (reach).");
  }
  return {};
}

// Not yet proven; basic names and keys need no proof.
void begin_authorization(Connection& connection, int64_t now_ms) {
  const bool oauth = connection.authorization == "OAUTH_CLIENT_CREDENTIALS";
  connection.state = oauth ? "AUTHORIZING" : "AUTHORIZED";
  connection.reason.clear();
  if (!oauth) connection.authorized_ms = now_ms;
}

Connections::Done answer_with_summary(const EventsParts& parts, bool authorize, Done done) {
  return [parts, authorize, done = std::move(done)](Result<Connection> written) {
    if (!written) {
      const bool taken = written.error().kind == ErrorKind::conflict &&
                         written.error().name != "ConcurrentModificationException";
      if (!taken) return done(written.error());
      return done(Error{ErrorKind::conflict, "ResourceAlreadyExistsException",
                        "Connection already exists."});
    }
    if (authorize && written->state == "AUTHORIZING") parts.authorize(*written);
    done(Answer(connection_summary(*written)));
  };
}

void create(const EventsParts& parts, const Call& call, Done done) {
  if (const auto fine = refuse_private(call.json); !fine) return done(fine.error());
  const Input input = call.input();
  Connection connection;
  connection.tenant = call.tenant;
  connection.name = input.text("Name");
  connection.description = input.text("Description");
  connection.authorization = input.text("AuthorizationType");
  connection.auth = *input.find("AuthParameters");
  if (const auto settled = settle(connection); !settled) return done(settled.error());
  if (parts.connections.find(call.tenant, connection.name)) {
    return done(Error{ErrorKind::conflict, "ResourceAlreadyExistsException",
                      "Connection " + connection.name + " already exists."});
  }
  connection.arn = "arn:aws:events:" + call.tenant.region + ":" + call.tenant.account +
                   ":connection/" + connection.name + "/" + parts.new_id();
  connection.created_ms = connection.modified_ms = parts.clock.now_ms();
  begin_authorization(connection, connection.created_ms);
  parts.connections.create(std::move(connection),
                           answer_with_summary(parts, true, std::move(done)));
}

// What is given replaces what was there, member by member.
void update(const EventsParts& parts, const Call& call, Done done) {
  if (const auto fine = refuse_private(call.json); !fine) return done(fine.error());
  const Input input = call.input();
  auto connection = parts.connections.find(call.tenant, input.text("Name"));
  if (!connection) return done(no_connection(input.text("Name")));
  const int64_t read_ms = connection->modified_ms;
  if (input.has("Description")) connection->description = input.text("Description");
  if (input.has("AuthorizationType")) connection->authorization = input.text("AuthorizationType");
  if (const Json* auth = input.find("AuthParameters")) connection->auth.merge_patch(*auth);
  if (const auto settled = settle(*connection); !settled) return done(settled.error());
  // Two changes never share a moment: the moment says which version it is.
  connection->modified_ms = std::max(parts.clock.now_ms(), read_ms + 1);
  begin_authorization(*connection, connection->modified_ms);
  parts.connections.update(std::move(*connection), read_ms,
                           answer_with_summary(parts, true, std::move(done)));
}

void deauthorize(const EventsParts& parts, const Call& call, Done done) {
  auto connection = parts.connections.find(call.tenant, call.input().text("Name"));
  if (!connection) return done(no_connection(call.input().text("Name")));
  const int64_t read_ms = connection->modified_ms;
  connection->state = "DEAUTHORIZED";
  connection->auth = Json::object();  // its secrets are gone; an update brings new ones
  connection->modified_ms = std::max(parts.clock.now_ms(), read_ms + 1);
  parts.connections.update(std::move(*connection), read_ms,
                           answer_with_summary(parts, false, std::move(done)));
}

void remove(const EventsParts& parts, const Call& call, Done done) {
  const auto connection = parts.connections.find(call.tenant, call.input().text("Name"));
  if (!connection) return done(no_connection(call.input().text("Name")));
  parts.connections.remove(*connection, [done = std::move(done)](Result<Connection> removed) {
    if (!removed) return done(removed.error());
    removed->state = "DELETING";
    done(Answer(connection_summary(*removed)));
  });
}

Result<Answer> describe(const EventsParts& parts, const Call& call) {
  const auto connection = parts.connections.find(call.tenant, call.input().text("Name"));
  if (!connection) return no_connection(call.input().text("Name"));
  return Answer(connection_json(*connection));
}

Result<Answer> list(const EventsParts& parts, const Call& call) {
  const Input input = call.input();
  const std::string prefix = input.text("NamePrefix");
  const std::string state = input.text("ConnectionState");
  const std::string question = "ListConnections " + call.tenant.account + " " + call.tenant.region +
                               " " + prefix + " " + state;
  std::string after;
  if (input.has("NextToken")) {
    auto position = read_page_token(question, input.text("NextToken"));
    if (!position) return bad("Token is invalid.");
    after = std::move(*position);
  }
  const auto limit = static_cast<size_t>(input.integer("Limit", 100));
  Json answer = Json::object();
  Json shown = Json::array();
  for (const Connection& connection : parts.connections.list(call.tenant)) {
    if (connection.name <= after || !connection.name.starts_with(prefix)) continue;
    if (!state.empty() && connection.state != state) continue;
    if (shown.size() == limit) {
      answer["NextToken"] = make_page_token(question, shown.back().at("Name").get<std::string>());
      break;
    }
    Json one = connection_summary(connection);
    one["Name"] = connection.name;
    one["AuthorizationType"] = connection.authorization;
    if (!connection.reason.empty()) one["StateReason"] = connection.reason;
    shown.push_back(std::move(one));
  }
  answer["Connections"] = std::move(shown);
  return Answer(std::move(answer));
}

}  // namespace

std::vector<Operation> connection_operations(const EventsParts& parts) {
  const Shape by_name = structure({required("Name", connection_name_shape())});
  return {
      {"CreateConnection", connection_shape(true),
       [parts](const auto& call, Done done) { create(parts, *call, std::move(done)); }},
      {"UpdateConnection", connection_shape(false),
       [parts](const auto& call, Done done) { update(parts, *call, std::move(done)); }},
      {"DeauthorizeConnection", by_name,
       [parts](const auto& call, Done done) { deauthorize(parts, *call, std::move(done)); }},
      {"DeleteConnection", by_name,
       [parts](const auto& call, Done done) { remove(parts, *call, std::move(done)); }},
      {"DescribeConnection", by_name,
       at_once([parts](const Call& call) { return describe(parts, call); })},
      {"ListConnections",
       structure(
           {optional("NamePrefix", connection_name_shape()),
            optional("ConnectionState",
                     one_of({"CREATING", "UPDATING", "DELETING", "AUTHORIZED", "DEAUTHORIZED",
                             "AUTHORIZING", "DEAUTHORIZING", "ACTIVE", "FAILED_CONNECTIVITY"})),
            optional("Limit", integer(1, 100)), optional("NextToken", text(1, 2048))}),
       at_once([parts](const Call& call) { return list(parts, call); })},
  };
}

}  // namespace perdure::api
