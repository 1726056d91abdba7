// StartLiveTail: new lines of some groups, once a second, as events of a stream.

#include <atomic>
#include <memory>
#include <set>
#include <utility>

#include "api/aws/event_stream.h"
#include "api/aws/live_body.h"
#include "api/logs/filter_pattern.h"
#include "api/logs/logs.h"
#include "engine/log_tap.h"

namespace perdure::api {

namespace {

using engine::LogLine;

// AWS's: of a session, of an account.
constexpr int64_t period_ms = 1000;
constexpr int64_t longest_session_ms = 3 * 3'600'000;
constexpr size_t max_events = 500;  // of an update; what is more is left out
constexpr int max_sessions = 15;
constexpr size_t max_unread_bytes = 4 << 20;  // then the caller does not read

struct Wanted {
  std::set<std::string> groups;
  std::set<std::string> streams;
  std::vector<std::string> prefixes;
  std::function<bool(const std::string&)> matches;

  bool operator()(const LogLine& line) const {
    const auto begins = [&](const std::string& prefix) { return line.stream.starts_with(prefix); };
    const bool any_stream = streams.empty() && prefixes.empty();
    return (any_stream || streams.contains(line.stream) ||
            std::any_of(prefixes.begin(), prefixes.end(), begins)) &&
           matches(line.message);
  }
};

std::string event(std::string_view type, const Json& content) {
  return event_stream_event(type, "application/json", dump_json(content));
}

std::string exception(std::string_view type, std::string_view message) {
  return event_stream_message({{":message-type", "exception"},
                               {":exception-type", type},
                               {":content-type", "application/json"}},
                              dump_json({{"message", message}}));
}

using Sessions = std::atomic<int>;

// Lives until its caller leaves or three hours have passed. Its work is done on the runner.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(const LogsParts& parts, const engine::Tenant& tenant, Wanted wanted,
          std::shared_ptr<Sessions> sessions)
      : parts_(parts),
        tenant_(tenant),
        wanted_(std::move(wanted)),
        tap_(std::make_shared<engine::LogTap>(tenant, wanted_.groups)),
        sessions_(std::move(sessions)),
        ends_ms_(parts.clock.now_ms() + longest_session_ms) {}
  ~Session() { --*sessions_; }

  Answer start(const Json& about) {
    parts_.logs.attach(tap_);
    stream_->write(event("initial-response", Json::object()));
    stream_->write(event("sessionStart", about));
    later();
    Answer answer;
    answer.headers = {{"Content-Type", std::string(event_stream_type)}};
    answer.source = std::make_shared<LiveBody>(stream_);
    return answer;
  }

 private:
  void later() {
    parts_.runner.run_at(parts_.clock.now_ms() + period_ms,
                         [self = shared_from_this()] { self->update(); });
  }

  void update() {
    if (parts_.serves && !parts_.serves()) return stream_->end();
    if (stream_->pending_bytes() > max_unread_bytes) {
      return end("SessionStreamingException", "The session's events are not read.");
    }
    if (parts_.clock.now_ms() >= ends_ms_) {
      return end("SessionTimeoutException", "The session has reached its longest duration.");
    }
    if (stream_->write(event("sessionUpdate", heard()))) later();
  }

  Json heard() {
    engine::LogTap::Heard heard = tap_->take();
    bool sampled = heard.missed > 0;
    Json results = Json::array();
    for (const auto& [group, line] : heard.lines) {
      if (!wanted_(line)) continue;
      if (results.size() == max_events) {
        sampled = true;
        break;
      }
      Json json = log_line_json(line);
      json["logStreamName"] = line.stream;
      json["logGroupIdentifier"] = tenant_.account + ":" + group;
      results.push_back(std::move(json));
    }
    return {{"sessionMetadata", {{"sampled", sampled}}}, {"sessionResults", std::move(results)}};
  }

  void end(std::string_view type, std::string_view message) {
    stream_->write(exception(type, message));
    stream_->end();
  }

  const LogsParts parts_;
  const engine::Tenant tenant_;
  const Wanted wanted_;
  const std::shared_ptr<engine::LogTap> tap_;
  const std::shared_ptr<Sessions> sessions_;
  const int64_t ends_ms_;
  const std::shared_ptr<ResponseStream> stream_ = std::make_shared<ResponseStream>();
};

// Groups of the caller's own account and region; of another one nobody here knows any.
Result<std::set<std::string>> read_groups(const LogsParts& parts, const Call& call) {
  std::set<std::string> groups;
  for (const Json& each : *call.input().find("logGroupIdentifiers")) {
    const auto identifier = each.get<std::string>();
    const std::string group = group_of_identifier(identifier);
    const bool foreign = identifier.starts_with("arn:") &&
                         !identifier.starts_with(log_group_arn(call.tenant, group));
    if (foreign || !parts.groups.exists(call.tenant, group)) return engine::no_log_group();
    groups.insert(group);
  }
  return groups;
}

Result<Wanted> read_wanted(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  Wanted wanted;
  PD_TRY(groups, read_groups(parts, call));
  wanted.groups = std::move(groups);
  PD_TRY(matches, read_filter_pattern(input.text("logEventFilterPattern")));
  wanted.matches = std::move(matches);
  if (const Json* names = input.find("logStreamNames")) {
    wanted.streams = names->get<std::set<std::string>>();
  }
  if (const Json* prefixes = input.find("logStreamNamePrefixes")) {
    wanted.prefixes = prefixes->get<std::vector<std::string>>();
  }
  if (!wanted.streams.empty() && !wanted.prefixes.empty()) {
    return invalid_log_parameter(
        "logStreamNames and logStreamNamePrefixes cannot be specified together");
  }
  if (wanted.groups.size() > 1 && !(wanted.streams.empty() && wanted.prefixes.empty())) {
    return invalid_log_parameter(
        "logStreamNames or logStreamNamePrefixes can only be specified with one log group");
  }
  return wanted;
}

Result<Answer> start(const LogsParts& parts, const Call& call,
                     const std::shared_ptr<Sessions>& sessions) {
  PD_TRY(wanted, read_wanted(parts, call));
  if (++*sessions > max_sessions) {
    --*sessions;
    return Error{ErrorKind::invalid, "LimitExceededException",
                 "Only " + std::to_string(max_sessions) + " sessions can be open at once."};
  }
  Json about = call.json;
  for (const char* list : {"logStreamNames", "logStreamNamePrefixes"}) {
    if (!about.contains(list)) about[list] = Json::array();
  }
  if (!about.contains("logEventFilterPattern")) about["logEventFilterPattern"] = "";
  about["requestId"] = call.request_id;
  about["sessionId"] = call.request_id;
  return std::make_shared<Session>(parts, call.tenant, std::move(wanted), sessions)->start(about);
}

}  // namespace

std::vector<Operation> live_tail_operations(const LogsParts& parts) {
  const auto sessions = std::make_shared<Sessions>(0);
  const Shape streams = list_of(text(1, 512), 1, 100);
  return {
      {"StartLiveTail",
       structure({required("logGroupIdentifiers", list_of(text(1, 2048), 1, 10)),
                  optional("logStreamNames", streams), optional("logStreamNamePrefixes", streams),
                  optional("logEventFilterPattern", text(0, 1024))}),
       at_once([parts, sessions](const Call& call) { return start(parts, call, sessions); })}};
}

}  // namespace perdure::api
