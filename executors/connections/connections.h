#pragma once
// EventBridge connections: how http:invoke proves who it is. Their secrets are in the store like
// everything else, and leave it only in the requests they are for.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/catalog/documents.h"

namespace perdure::executors {

struct Connection {
  engine::Tenant tenant;
  std::string name;
  std::string arn;  // arn:aws:events:R:A:connection/NAME/UUID
  std::string description;
  std::string authorization;   // "BASIC", "API_KEY", "OAUTH_CLIENT_CREDENTIALS"
  Json auth = Json::object();  // AuthParameters as given, secrets included
  std::string state;           // "AUTHORIZED", "AUTHORIZING", "DEAUTHORIZED"
  std::string reason;          // of the state
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t authorized_ms = 0;  // 0: never

  std::string id() const { return arn.substr(arn.rfind('/') + 1); }
  std::string secret_arn() const;
  // A member of AuthParameters' own ("BasicAuthParameters"); an empty object where there is none.
  const Json& part(const char* name) const;
};

// Safe from any thread; the writer outlives it.
class Connections {
 public:
  using Done = std::function<void(Result<Connection>)>;

  explicit Connections(engine::DocumentWriter& writer) : documents_("connection", writer) {}
  Result<> load(engine::Store& store) { return documents_.load(store); }

  std::optional<Connection> find(const engine::Tenant& tenant, const std::string& name) const;
  // Nothing if the ARN is none, or is that of an earlier connection of the name.
  std::optional<Connection> find_by_arn(const std::string& arn) const;
  std::vector<Connection> list(const engine::Tenant& tenant) const;  // by name

  // `done` comes once it is durable; conflict if there is one of the name.
  void create(Connection connection, Done done);
  // Replaces the one of the name and ARN, if it is as it was when it was read (modified_ms).
  void update(Connection connection, int64_t read_modified_ms, Done done);
  void remove(const Connection& connection, Done done);

 private:
  engine::Documents documents_;
};

}  // namespace perdure::executors
