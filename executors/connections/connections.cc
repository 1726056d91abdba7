#include "executors/connections/connections.h"

#include <utility>

namespace perdure::executors {
namespace {

std::string to_document(const Connection& connection) {
  return dump_json({{"name", connection.name},
                    {"arn", connection.arn},
                    {"description", connection.description},
                    {"authorization", connection.authorization},
                    {"auth", connection.auth},
                    {"state", connection.state},
                    {"reason", connection.reason},
                    {"created_ms", connection.created_ms},
                    {"modified_ms", connection.modified_ms},
                    {"authorized_ms", connection.authorized_ms}});
}

std::optional<Connection> from_document(const std::optional<engine::Document>& document) {
  if (!document) return std::nullopt;
  const auto json = parse_json(document->json);
  if (!json) return std::nullopt;
  Connection connection;
  connection.tenant = document->tenant;
  connection.name = json->value("name", "");
  connection.arn = json->value("arn", "");
  connection.description = json->value("description", "");
  connection.authorization = json->value("authorization", "");
  connection.auth = json->value("auth", Json::object());
  connection.state = json->value("state", "");
  connection.reason = json->value("reason", "");
  connection.created_ms = json->value("created_ms", int64_t{0});
  connection.modified_ms = json->value("modified_ms", int64_t{0});
  connection.authorized_ms = json->value("authorized_ms", int64_t{0});
  return connection;
}

}  // namespace

std::string Connection::secret_arn() const {
  return "arn:aws:secretsmanager:" + tenant.region + ":" + tenant.account +
         ":secret:events!connection/" + name + "/" + id();
}

const Json& Connection::part(const char* name) const {
  static const Json none = Json::object();
  const auto found = auth.find(name);
  return found != auth.end() && found->is_object() ? *found : none;
}

std::optional<Connection> Connections::find(const engine::Tenant& tenant,
                                            const std::string& name) const {
  return from_document(documents_.find(tenant, name));
}

std::optional<Connection> Connections::find_by_arn(const std::string& arn) const {
  const engine::Arn parts = engine::parse_arn(arn);
  constexpr std::string_view kind = "connection/";
  if (parts.service != "events" || !parts.rest.starts_with(kind)) return std::nullopt;
  const std::string name = parts.rest.substr(kind.size(), parts.rest.rfind('/') - kind.size());
  auto connection = find({parts.account, parts.region}, name);
  if (!connection || connection->arn != arn) return std::nullopt;
  return connection;
}

std::vector<Connection> Connections::list(const engine::Tenant& tenant) const {
  std::vector<Connection> connections;
  for (const engine::Document& document : documents_.list(tenant)) {
    if (auto one = from_document(document)) connections.push_back(std::move(*one));
  }
  return connections;
}

void Connections::create(Connection connection, Done done) {
  const engine::Tenant tenant = connection.tenant;
  std::string name = connection.name;
  std::string json = to_document(connection);
  documents_.put(tenant, std::move(name), std::move(json), 0,
                 [connection = std::move(connection), done = std::move(done)](auto put) {
                   if (!put) return done(put.error());
                   done(connection);
                 });
}

void Connections::update(Connection connection, int64_t read_modified_ms, Done done) {
  const auto document = documents_.find(connection.tenant, connection.name);
  const auto stored = from_document(document);
  if (!stored || stored->arn != connection.arn || stored->modified_ms != read_modified_ms) {
    return done(Error{ErrorKind::conflict, "ConcurrentModificationException",
                      "The connection was changed meanwhile: " + connection.name});
  }
  const engine::Tenant tenant = connection.tenant;
  std::string name = connection.name;
  std::string json = to_document(connection);
  documents_.put(tenant, std::move(name), std::move(json), document->revision,
                 [connection = std::move(connection), done = std::move(done)](auto put) {
                   if (!put) return done(put.error());
                   done(connection);
                 });
}

void Connections::remove(const Connection& connection, Done done) {
  documents_.remove(connection.tenant, connection.name, std::nullopt,
                    [connection, done = std::move(done)](auto removed) {
                      if (!removed) return done(removed.error());
                      done(connection);
                    });
}

}  // namespace perdure::executors
