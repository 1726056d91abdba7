#pragma once
// The extensions of one worker (2020-01-01): who they are, what they have subscribed to, what each
// of them is doing. No I/O: what is to be said on which connection comes out as values. The words
// and the states are AWS's.
//
// External extensions are programs of layers, started before the runtime, which waits until all of
// them have registered; internal ones live in the runtime's process and register before its first
// `next`. An invocation begins for all that want it, and is over when they have asked for more.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/functions/endpoint/http_request.h"

namespace perdure::executors {

using ConnectionId = uint64_t;

inline constexpr size_t max_extensions = 10;

struct ExtensionReply {
  int status = 202;
  std::string body = R"({"status":"OK"})";
  std::string identifier{};  // Lambda-Extension-Identifier
};

struct ExtensionEvent {
  ConnectionId connection = 0;
  std::string identifier;
  std::string body;
};

struct ExtensionInvoke {
  std::string request_id, function_arn, trace_header;
  int64_t deadline_ms = 0;  // UTC
};

class Extensions {
 public:
  // What registration tells of the function.
  struct Function {
    std::string name, version, handler, account;
  };
  // `adopted`: they registered with an earlier engine. What they want is in their identifiers.
  explicit Extensions(Function function, bool adopted = false)
      : function_(std::move(function)), closed_(adopted), adopted_(adopted) {}

  // The programs that are about to be started.
  void expect(const std::vector<std::string>& names);
  bool all_registered() const;
  // The runtime has begun to ask for work: nobody registers any more.
  void close_registration() { closed_ = true; }

  // Requests. `new_identifier` is for the one that registers. Nothing: the answer comes later, on
  // the connection (event/next).
  std::optional<ExtensionReply> handle(const HttpRequest& request, ConnectionId connection,
                                       const std::string& new_identifier);

  std::vector<ExtensionEvent> invoke(const ExtensionInvoke& invoke);
  // `reason`: "spindown", "timeout" or "failure".
  // Those that wait; whoever still works hears of it when it asks for more.
  std::vector<ExtensionEvent> shutdown(std::string_view reason, int64_t deadline_ms);
  // Nobody works on an invocation, and nobody is still getting ready for the first one.
  bool idle() const;
  // The name of the one whose identifier the request has; the refusal's body if there is none.
  Result<std::string> name_of(const HttpRequest& request);
  struct Registered {
    std::string name;
    std::vector<std::string> events;
  };
  std::vector<Registered> external() const;
  // An external one has ended: "NAME exit status 1".
  void exited(std::string_view name_and_reason);
  // Those that were told to shut down are gone.
  bool all_gone() const;
  // Extension.InitError, Extension.ExitError, Extension.Crash, Extension.LaunchError: the end of
  // the worker. An empty type: none.
  struct Failure {
    std::string type, reason;
  };
  const Failure& failure() const { return failure_; }

 private:
  enum class State : uint8_t {
    started,
    registered,
    ready,
    running,
    init_error,
    exit_error,
    exited
  };
  // Whether the worker's end waits for it, which is to hear of it or has heard.
  enum class Leave : uint8_t { no, untold, told };
  struct Extension {
    std::string name, identifier;
    bool external = false;
    bool wants_invoke = false;
    bool wants_shutdown = false;
    State state = State::started;
    ConnectionId connection = 0;  // where it waits
    Leave leave = Leave::no;
  };
  static const char* word_of(State state);
  Extension* find(const std::string& identifier);
  std::optional<ExtensionReply> identify(const HttpRequest& request, Extension*& found);
  void set_failure(const char* type, std::string reason);
  ExtensionReply enroll(const HttpRequest& request, const std::string& new_identifier);
  std::optional<ExtensionReply> subscribe(Extension& extension, const HttpRequest& request) const;
  std::optional<ExtensionReply> next(Extension& extension, ConnectionId connection);
  ExtensionReply fail(Extension& extension, const HttpRequest& request, bool init);
  ExtensionReply not_allowed(const Extension& extension, State to, const std::string& who) const;

  const Function function_;
  std::vector<Extension> extensions_;
  bool closed_;
  const bool adopted_;
  bool ending_ = false;
  std::string farewell_;  // the event that tells of the end
  Failure failure_;
};

}  // namespace perdure::executors
