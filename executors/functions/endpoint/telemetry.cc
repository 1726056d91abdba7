#include "executors/functions/endpoint/telemetry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/time.h"

namespace perdure::executors {
namespace {

constexpr std::string_view telemetry_path = "/2022-07-01/telemetry";
constexpr std::string_view logs_path = "/2020-08-15/logs";
constexpr size_t max_early_bytes = 256 << 10;
constexpr size_t max_kept_bytes = 4 << 20;  // of a subscriber that does not keep up
constexpr size_t max_restored = 32;

constexpr std::array<std::string_view, 3> kinds = {"platform", "function", "extension"};

bool is_at(std::string_view path, std::string_view api) {
  return path == api || path == std::string(api) + "/";
}

// What only one of the APIs knows.
bool is_of_telemetry_only(std::string_view type) {
  return type.starts_with("platform.init") || type == "platform.telemetrySubscription";
}
bool is_of_logs_only(std::string_view type) {
  return type == "platform.end" || type == "platform.logsSubscription";
}

std::string event_text(std::string_view type, Json record, int64_t now_ms) {
  return dump_json({{"time", iso8601_ms(now_ms)}, {"type", type}, {"record", std::move(record)}});
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number within its bounds; what is none, or beyond them, is told.
int64_t number_in(const Json& buffering, const char* name, int64_t least, int64_t most,
                  int64_t usual, std::vector<std::string>& faults) {
  const auto found = buffering.find(name);
  if (found == buffering.end()) return usual;
  if (found->is_number_integer() && *found >= least && *found <= most) {
    return found->get<int64_t>();
  }
  faults.push_back(std::string("buffering.") + name + " must be between " + std::to_string(least) +
                   " and " + std::to_string(most));
  return usual;
}

}  // namespace

bool Telemetry::serves(std::string_view path) {
  return is_at(path, telemetry_path) || is_at(path, logs_path);
}

// Only ever a port of the worker's own: "sandbox" and "sandbox.localdomain" are its names at AWS.
void Telemetry::read_destination(const Json& body, Subscriber& subscriber,
                                 std::vector<std::string>& faults) {
  const Json destination = body.value("destination", Json::object());
  const std::string protocol = destination.is_object() ? text_at(destination, "protocol") : "";
  subscriber.tcp = protocol == "TCP";
  if (protocol != "HTTP" && protocol != "TCP") {
    faults.push_back("destination protocol must be HTTP or TCP");
    return;
  }
  if (subscriber.tcp) {
    const auto port = destination.find("port");
    if (port != destination.end() && port->is_number_integer() && *port > 0 && *port < 65'536) {
      subscriber.port = port->get<int>();
      return;
    }
    faults.push_back("port is not provided");
    return;
  }
  std::string_view rest;
  const std::string uri = text_at(destination, "URI");
  for (const std::string_view start : {"http://sandbox.localdomain", "http://sandbox"}) {
    if (!uri.starts_with(start)) continue;
    rest = std::string_view(uri).substr(start.size());
    break;
  }
  if (rest.data() == nullptr) {
    faults.push_back("URI host must be sandbox or sandbox.localdomain");
    return;
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view port = rest.substr(0, slash);
  if (port.size() > 1 && port[0] == ':') {
    std::from_chars(port.data() + 1, port.data() + port.size(), subscriber.port);
  }
  if (subscriber.port <= 0 || subscriber.port > 65'535)
    faults.push_back("URI port is not provided");
  subscriber.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
  const auto odd = [](unsigned char c) { return c <= ' ' || c >= 0x7f; };
  if (std::ranges::any_of(subscriber.path, odd)) faults.push_back("URI is not valid");
}

Result<Telemetry::Subscriber> Telemetry::read(const HttpRequest& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return invalid("ValidationError", "the body is not as expected");
  Subscriber subscriber;
  subscriber.api = is_at(request.path, logs_path) ? Api::logs : Api::telemetry;
  std::vector<std::string> faults;
  read_destination(*body, subscriber, faults);
  const Json types = body->value("types", Json::array());
  if (!types.is_array() || types.empty()) faults.push_back("types should not be empty");
  for (const Json& type : types) {
    const std::string name = type.is_string() ? type.get<std::string>() : dump_json(type);
    if (std::ranges::find(kinds, name) == kinds.end()) {
      faults.push_back("type " + name + " is not known");
    } else if (std::ranges::find(subscriber.types, name) == subscriber.types.end()) {
      subscriber.types.push_back(name);
    }
  }
  const Json given = body->value("buffering", Json::object());
  const Json buffering = given.is_object() ? given : Json::object();
  subscriber.max_items =
      static_cast<size_t>(number_in(buffering, "maxItems", 1000, 10'000, 1000, faults));
  subscriber.max_bytes =
      static_cast<size_t>(number_in(buffering, "maxBytes", 262'144, 1'048'576, 262'144, faults));
  subscriber.timeout_ms = number_in(buffering, "timeoutMs", 25, 30'000, 1000, faults);
  if (!faults.empty()) return invalid("ValidationError", joined(faults));
  subscriber.request = dump_json(*body);
  return subscriber;
}

ExtensionReply Telemetry::subscribe(const std::string& extension, const HttpRequest& request,
                                    int64_t now_ms) {
  const auto refusal = [](int status, std::string_view type, std::string_view message) {
    return ExtensionReply{status, dump_json({{"errorMessage", message}, {"errorType", type}})};
  };
  if (request.method != "PUT") return {404, ""};
  const bool logs = is_at(request.path, logs_path);
  if (closed_) {
    return refusal(403, logs ? "Logs.SubscriptionClosed" : "Telemetry.SubscriptionClosed",
                   "Subscription is closed already");
  }
  auto subscriber = read(request);
  if (!subscriber) return refusal(400, subscriber.error().name, subscriber.error().cause);
  const auto before = subscribers_.find(extension);
  const bool again = before != subscribers_.end();
  if (again && before->second.api != subscriber->api) {
    return refusal(403, "Extension.AlreadySubscribed",
                   "The extension has subscribed by the other API already");
  }
  const Json record = {{"name", extension},
                       {"state", again ? "Already subscribed" : "Subscribed"},
                       {"types", subscriber->types}};
  Subscriber& stored = subscribers_[extension];
  if (!again) {
    stored = std::move(*subscriber);
    subscriptions_are_new_ = true;
    for (const Event& event : early_) {
      if (wants(stored, event)) give(stored, event.text, now_ms);
    }
  }
  add(TelemetryKind::platform,
      logs ? "platform.logsSubscription" : "platform.telemetrySubscription", record, now_ms);
  return {200, R"("OK")"};
}

std::optional<std::string> Telemetry::new_subscriptions() {
  if (!std::exchange(subscriptions_are_new_, false)) return std::nullopt;
  Json all = Json::array();
  for (const auto& [extension, subscriber] : subscribers_) {
    const std::string_view path = subscriber.api == Api::logs ? logs_path : telemetry_path;
    all.push_back({{"name", extension}, {"path", path}, {"body", subscriber.request}});
  }
  return dump_json(all);
}

void Telemetry::restore(std::string_view subscriptions) {
  const auto all = parse_json(subscriptions);
  if (!all || !all->is_array() || all->size() > max_restored) return;
  for (const Json& each : *all) {
    if (!each.is_object()) continue;
    HttpRequest request;
    request.path = text_at(each, "path");
    request.body = text_at(each, "body");
    if (auto subscriber = read(request)) subscribers_[text_at(each, "name")] = *subscriber;
  }
}

std::vector<std::string> Telemetry::types_of(const std::string& extension) const {
  const auto found = subscribers_.find(extension);
  return found == subscribers_.end() ? std::vector<std::string>() : found->second.types;
}

bool Telemetry::wants(const Subscriber& subscriber, const Event& event) {
  if (subscriber.api == Api::logs ? is_of_telemetry_only(event.type)
                                  : is_of_logs_only(event.type)) {
    return false;
  }
  const std::string_view kind = kinds[static_cast<size_t>(event.kind)];
  return std::ranges::find(subscriber.types, kind) != subscriber.types.end();
}

void Telemetry::give(Subscriber& subscriber, const std::string& text, int64_t now_ms) {
  if (subscriber.bytes + text.size() > max_kept_bytes) {
    ++subscriber.dropped;
    subscriber.dropped_bytes += text.size();
    return;
  }
  if (subscriber.waiting.empty()) subscriber.due_ms = now_ms + subscriber.timeout_ms;
  subscriber.bytes += text.size();
  subscriber.waiting.push_back(text);
  const bool full =
      subscriber.waiting.size() >= subscriber.max_items || subscriber.bytes >= subscriber.max_bytes;
  if (full) subscriber.due_ms = now_ms;
}

void Telemetry::add(TelemetryKind kind, std::string_view type, Json record, int64_t now_ms) {
  if (closed_ && subscribers_.empty()) return;
  Event event{kind, std::string(type), event_text(type, std::move(record), now_ms)};
  for (auto& [extension, subscriber] : subscribers_) {
    if (wants(subscriber, event)) give(subscriber, event.text, now_ms);
  }
  if (closed_ || early_bytes_ + event.text.size() > max_early_bytes) return;
  early_bytes_ += event.text.size();
  early_.push_back(std::move(event));
}

void Telemetry::close() {
  closed_ = true;
  early_ = {};
}

void Telemetry::tell_of_dropped(Subscriber& subscriber, int64_t now_ms) {
  if (subscriber.dropped == 0) return;
  const Json record = {{"reason",
                        "Consumer seems to have fallen behind as it has not acknowledged receipt "
                        "of logs."},
                       {"droppedRecords", std::exchange(subscriber.dropped, 0)},
                       {"droppedBytes", std::exchange(subscriber.dropped_bytes, 0)}};
  give(subscriber, event_text("platform.logsDropped", record, now_ms), now_ms);
}

// Events of a batch are a list; over TCP each is a line.
std::string Telemetry::batch_of(Subscriber& subscriber) {
  std::string text = subscriber.tcp ? "tcp " : "http ";
  text += std::to_string(subscriber.port) + " " + (subscriber.tcp ? "-" : subscriber.path) + "\n";
  if (!subscriber.tcp) text += '[';
  size_t items = 0;
  for (size_t bytes = 0; !subscriber.waiting.empty() && items < subscriber.max_items; ++items) {
    const std::string& next = subscriber.waiting.front();
    if (items > 0 && bytes + next.size() > subscriber.max_bytes) break;
    bytes += next.size();
    if (items > 0 && !subscriber.tcp) text += ',';
    text += next;
    if (subscriber.tcp) text += '\n';
    subscriber.bytes -= next.size();
    subscriber.waiting.pop_front();
  }
  if (!subscriber.tcp) text += ']';
  return text;
}

std::optional<std::string> Telemetry::take(int64_t now_ms) {
  for (auto& [extension, subscriber] : subscribers_) {
    if (subscriber.waiting.empty() || subscriber.due_ms > now_ms) continue;
    std::string batch = batch_of(subscriber);
    tell_of_dropped(subscriber, now_ms);
    return batch;  // what is left is as late as this was
  }
  return std::nullopt;
}

std::optional<int64_t> Telemetry::due_ms() const {
  std::optional<int64_t> due;
  for (const auto& [extension, subscriber] : subscribers_) {
    if (!subscriber.waiting.empty()) due = std::min(due.value_or(INT64_MAX), subscriber.due_ms);
  }
  return due;
}

void Telemetry::flush() {
  for (auto& [extension, subscriber] : subscribers_) subscriber.due_ms = 0;
}

}  // namespace perdure::executors
