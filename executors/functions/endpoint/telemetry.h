#pragma once
// What a worker's extensions hear of it by the Telemetry API (2022-07-01) and the older Logs API
// (2020-08-15): who has subscribed to what, and events that are gathered until a batch is due. No
// I/O: batches come out as values and are brought to the subscribers by a process beside them
// (bridge/courier.h), so that nobody makes the engine call an address of his own.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "executors/functions/endpoint/extensions.h"

namespace perdure::executors {

enum class TelemetryKind : uint8_t { platform, function, extension };

class Telemetry {
 public:
  // A request is one of the two APIs'.
  static bool serves(std::string_view path);
  // `extension`: the name of the one that asks.
  ExtensionReply subscribe(const std::string& extension, const HttpRequest& request,
                           int64_t now_ms);

  // What it has subscribed to.
  std::vector<std::string> types_of(const std::string& extension) const;

  // `record` is a text for lines.
  void add(TelemetryKind kind, std::string_view type, Json record, int64_t now_ms);
  // The start is over: nobody subscribes any more, and what nobody wants is no longer kept.
  void close();

  // Who has subscribed, where that has changed since it was asked for: to be told to whoever takes
  // over the worker. What is no such text counts for nothing.
  std::optional<std::string> new_subscriptions();
  void restore(std::string_view subscriptions);

  // The next batch: "http 8080 /path\n" or "tcp 8080 -\n", and the events behind it. Nothing: none
  // is due.
  std::optional<std::string> take(int64_t now_ms);
  // When the next batch is due; nothing: there is nothing to send.
  std::optional<int64_t> due_ms() const;
  // All that is there is due now.
  void flush();

 private:
  enum class Api : uint8_t { telemetry, logs };
  struct Event {
    TelemetryKind kind;
    std::string type, text;
  };
  struct Subscriber {
    std::string request;  // as it was said
    Api api = Api::telemetry;
    std::vector<std::string> types;
    bool tcp = false;
    int port = 0;
    std::string path;
    size_t max_items = 1000, max_bytes = 262'144;
    int64_t timeout_ms = 1000;
    std::deque<std::string> waiting;
    size_t bytes = 0;    // of those
    int64_t due_ms = 0;  // of the oldest
    uint64_t dropped = 0, dropped_bytes = 0;
  };
  static Result<Subscriber> read(const HttpRequest& request);
  static void read_destination(const Json& body, Subscriber& subscriber,
                               std::vector<std::string>& faults);
  static bool wants(const Subscriber& subscriber, const Event& event);
  static void give(Subscriber& subscriber, const std::string& text, int64_t now_ms);
  static void tell_of_dropped(Subscriber& subscriber, int64_t now_ms);
  static std::string batch_of(Subscriber& subscriber);

  std::map<std::string, Subscriber> subscribers_;  // by extension
  std::vector<Event> early_;                       // before anybody could subscribe
  size_t early_bytes_ = 0;
  bool closed_ = false;
  bool subscriptions_are_new_ = false;
};

}  // namespace perdure::executors
