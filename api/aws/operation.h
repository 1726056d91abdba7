#pragma once
// A service is a table of operations; an operation is a function over a checked input. How requests
// and answers look on the wire is the protocol's business (json_protocol.h, rest_protocol.h,
// rest_xml_protocol.h, query_protocol.h). Adding an operation touches its own file and one row.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/aws/body.h"
#include "api/aws/shape.h"
#include "base/net/http.h"
#include "engine/keys.h"

namespace perdure::api {

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request for an operation. Lives until its answer has been given.
struct Call {
  engine::Tenant tenant;
  std::string access_key;
  std::string request_id;
  int64_t arrived_ms = 0;  // of the request, UTC
  Json json;               // has passed the operation's shape
  std::string body;        // as it came: for operations whose body is not JSON to us (Invoke)

  std::shared_ptr<BodySink> sink;  // what the operation's `open_sink` made, complete

  Input input() const { return Input(json); }
};

struct Answer {
  Answer() = default;
  Answer(Json json_) : json(std::move(json_)) {}

  Json json = Json::object();
  std::optional<std::string> payload;  // sent as it is, instead of the JSON
  std::shared_ptr<BodySource> source;  // likewise, piece by piece; read it where it says
  int status = 0;                      // 0: the operation's own
  Headers headers;
};

// Called once, from any thread.
using Done = std::function<void(Result<Answer>)>;
using Handler = std::function<void(std::shared_ptr<const Call> call, Done done)>;

struct Operation {
  std::string name;
  Shape input;
  Handler handler;
  // REST only.
  std::string method{};
  std::string path{};  // "/2015-03-31/functions/{FunctionName}/code"
  int status = 200;
  bool raw_body = false;
  // REST-XML only. Where the members of the answer travel, and the element around those that travel
  // in its body (none: there is no body).
  Shape output{};
  std::string root{};
  // Takes the body as it comes, up to so many bytes; called by several threads.
  std::function<std::unique_ptr<BodySink>(const RequestHead& head)> open_sink{};
  uint64_t sink_limit_bytes = 0;
  bool closed_to_functions = false;  // refused to those who sign with a function's credentials
};

// For operations that answer at once.
inline Handler at_once(std::function<Result<Answer>(const Call&)> function) {
  return [function = std::move(function)](std::shared_ptr<const Call> call, Done done) {
    done(function(*call));
  };
}

enum class Protocol : uint8_t { json, rest_json, rest_xml, query };

struct Service {
  std::string name;  // as signatures say: "states"
  Protocol protocol = Protocol::json;
  std::string version;        // json: "1.0"; query: the API's date
  std::string target_prefix;  // json: "AWSStepFunctions"
  std::vector<Operation> operations;
};

// Seconds since 1970 with their fraction, as AWS writes moments in JSON.
inline double seconds(int64_t ms) { return double(ms) / 1000.0; }

}  // namespace perdure::api
