#pragma once
// What an HTTP task has sent and got, for whoever looks on (TestState at the level TRACE).

#include <string>
#include <utility>
#include <vector>

namespace perdure::engine {

// Filled in by the executor before its answer; read after it.
struct HttpTrace {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  bool reveal_secrets = false;  // else what comes from the connection is written as "<SECRET>"

  std::string protocol;  // "http" or "https"; empty: nothing was sent
  std::string method;
  std::string url;
  Fields request_headers;
  std::string request_body;

  int status = 0;  // 0: no answer came
  std::string status_message;
  Fields response_headers;
  std::string response_body;
};

}  // namespace perdure::engine
