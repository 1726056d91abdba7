// Lines: read from a stream, written.

#include <algorithm>
#include <utility>

#include "api/logs/logs.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::LogLine;
using engine::LogQuery;

constexpr int64_t day_ms = 86'400'000;
constexpr int64_t oldest_ms = 14 * day_ms;  // PutLogEvents: older events are not taken
constexpr int64_t newest_ms = 7'200'000;    // nor are those so far in the future
constexpr size_t max_batch_bytes = 1'048'576;
constexpr size_t event_overhead_bytes = 26;

// A token points between two lines: forward reads what is behind it, backward what is before.
Result<Answer> get_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  LogQuery query = log_query(parts, call, group);
  query.stream = input.text("logStreamName");
  const std::string place = call.tenant.account + " " + call.tenant.region + " " + group;
  const std::string forward = "GetLogEvents " + place + " " + query.stream + " forward";
  const std::string backward = "GetLogEvents " + place + " " + query.stream + " backward";
  query.newest = !input.flag("startFromHead") && !input.has("nextToken");
  uint64_t before = UINT64_MAX;
  if (auto position = read_log_token(forward, input)) {
    query.after = *position;
  } else {
    PD_TRY(end, read_log_token(backward, input));
    before = end;
    query.newest = true;
    query.wanted = [before](const LogLine& line) { return line.position < before; };
  }
  PD_TRY(lines, parts.logs.read(query));
  if (lines.empty()) {
    PD_TRY(exists, has_log_stream(parts, call.tenant, group, query.stream));
    if (!exists) return no_log_stream();
  }
  const uint64_t none = before != UINT64_MAX ? before : query.after;
  const uint64_t first = lines.empty() ? none : lines.front().position;
  const uint64_t last = lines.empty() ? none : lines.back().position;
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time_ms < b.time_ms; });
  Json events = Json::array();
  for (const LogLine& line : lines) events.push_back(log_line_json(line));
  return Answer({{"events", std::move(events)},
                 {"nextForwardToken", make_page_token(forward, std::to_string(last))},
                 {"nextBackwardToken", make_page_token(backward, std::to_string(first))}});
}

int64_t time_of(const Json& event) { return Input(event).integer("timestamp"); }

Result<> check_batch(const Json& events) {
  const auto earlier = [](const Json& a, const Json& b) { return time_of(a) < time_of(b); };
  if (!std::is_sorted(events.begin(), events.end(), earlier)) {
    return invalid_log_parameter(
        "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (time_of(events.back()) - time_of(events.front()) > day_ms) {
    return invalid_log_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  size_t bytes = 0;
  for (const Json& event : events) {
    bytes += Input(event).text("message").size() + event_overhead_bytes;
  }
  if (bytes <= max_batch_bytes) return {};
  return invalid_log_parameter("Upload too large: " + std::to_string(bytes) +
                               " bytes exceeds limit of " + std::to_string(max_batch_bytes));
}

// Events that are too old or too new are left out and told of.
Result<Answer> put_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  const std::string stream = input.text("logStreamName");
  if (!parts.groups.has_stream(call.tenant, group, stream)) return no_log_stream();
  const Json& events = *input.find("logEvents");
  PD_CHECK(check_batch(events));
  const int64_t now = parts.clock.now_ms();
  const int64_t oldest = parts.groups.oldest_ms(call.tenant, group);
  Json rejected = Json::object();
  for (size_t i = 0; i < events.size(); ++i) {
    const int64_t time = time_of(events[i]);
    if (time < oldest) {
      rejected["expiredLogEventEndIndex"] = i + 1;
    } else if (time < now - oldest_ms) {
      rejected["tooOldLogEventEndIndex"] = i + 1;
    } else if (time > now + newest_ms) {
      if (!rejected.contains("tooNewLogEventStartIndex")) rejected["tooNewLogEventStartIndex"] = i;
    } else {
      parts.logs.append(call.tenant, group, stream, time, Input(events[i]).text("message"));
    }
  }
  Answer answer;
  if (!rejected.empty()) answer.json["rejectedLogEventsInfo"] = std::move(rejected);
  return answer;
}

Shape line_shape() {
  return structure({required("timestamp", integer(0)), required("message", text(1))});
}

}  // namespace

std::vector<Operation> log_event_operations(const LogsParts& parts) {
  return {
      {"GetLogEvents",
       structure(log_read_fields(
           {required("logStreamName", log_stream_shape()), optional("startFromHead", flag())})),
       at_once([parts](const Call& call) { return get_events(parts, call); })},
      {"PutLogEvents",
       structure({required("logGroupName", log_group_shape()),
                  required("logStreamName", log_stream_shape()),
                  required("logEvents", list_of(line_shape(), 1, 10'000))}),
       at_once([parts](const Call& call) { return put_events(parts, call); })},
  };
}

}  // namespace perdure::api
