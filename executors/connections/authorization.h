#pragma once
// What a connection adds to a request, and the tokens of those that authorize by OAuth.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/net/http_caller.h"
#include "base/runner.h"
#include "executors/connections/connections.h"

namespace perdure::executors {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

// The three lists of InvocationHttpParameters or OAuthHttpParameters.
struct ConnectionParameters {
  NamedValues headers, query;
  std::vector<std::pair<std::string, Json>> body;

  static ConnectionParameters read(const Json& parameters);
};

// Tokens are kept in memory until shortly before they end. All on the integrations' runner; the
// arguments outlive it.
class Authorization {
 public:
  // The header that proves who we are (name, value); an error says why there is none:
  // `denied` if the connection is not authorized, else the failure of the token's fetch.
  using Done = std::function<void(Result<std::pair<std::string, std::string>>)>;

  Authorization(Connections& connections, HttpCaller& http, Runner& runner, const Clock& clock,
                std::shared_ptr<const AddressPolicy> addresses);

  void header(const Connection& connection, Done done);
  // The token was refused: the next header has a new one.
  void forget(const Connection& connection) { tokens_.erase(connection.arn); }

 private:
  struct Token {
    std::string value;
    int64_t until_ms = 0;
    int64_t modified_ms = 0;  // of the connection that it was fetched for
  };

  void fetch(const Connection& connection);
  void fetched(const Connection& connection, const Result<HttpResponse>& response);
  void note_state(Connection connection, const std::string& state, const std::string& reason);

  Connections& connections_;
  HttpCaller& http_;
  Runner& runner_;
  const Clock& clock_;
  const std::shared_ptr<const AddressPolicy> addresses_;
  std::map<std::string, Token> tokens_;               // by ARN
  std::map<std::string, std::vector<Done>> waiting_;  // for a token that is being fetched
};

}  // namespace perdure::executors
