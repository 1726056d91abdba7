// Lines: filtered, read from a stream, written.

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/logs/logs.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::LogLine;
using engine::LogQuery;

// A pattern of plain terms: all of them must be in the message. Quotes hold a term together.
Result<std::vector<std::string>> read_pattern(const std::string& pattern) {
  std::vector<std::string> terms;
  if (pattern.find_first_of("{[?-") == 0 || pattern.find(" ?") != std::string::npos ||
      pattern.find(" -") != std::string::npos) {
    return invalid_log_parameter("Only filter patterns of plain terms are supported yet");
  }
  for (size_t at = 0; (at = pattern.find_first_not_of(' ', at)) != std::string::npos;) {
    const bool quote = pattern[at] == '"';
    const size_t from = quote ? at + 1 : at;
    const size_t end = std::min(pattern.find(quote ? '"' : ' ', from), pattern.size());
    terms.push_back(pattern.substr(from, end - from));
    at = std::min(end + 1, pattern.size());
  }
  return terms;
}

Result<uint64_t> read_position(const std::string& question, const Input& input) {
  if (!input.has("nextToken")) return uint64_t{0};
  const auto text = read_page_token(question, input.text("nextToken"));
  if (!text) return invalid_log_parameter("The specified nextToken is invalid.");
  uint64_t position = 0;
  std::from_chars(text->data(), text->data() + text->size(), position);
  return position;
}

LogQuery time_query(const Call& call, const std::string& group) {
  const Input input = call.input();
  LogQuery query;
  query.tenant = call.tenant;
  query.group = group;
  query.from_ms = input.integer("startTime");
  query.to_ms = input.integer("endTime", INT64_MAX);
  query.limit = static_cast<size_t>(input.integer("limit", 10'000));
  return query;
}

Json line_json(const LogLine& line) {
  return {{"timestamp", line.time_ms}, {"ingestionTime", line.time_ms}, {"message", line.message}};
}

bool wanted(const LogLine& line, const Input& input, const std::vector<std::string>& terms) {
  const std::string prefix = input.text("logStreamNamePrefix");
  if (!line.stream.starts_with(prefix)) return false;
  if (const Json* names = input.find("logStreamNames")) {
    if (std::find(names->begin(), names->end(), Json(line.stream)) == names->end()) return false;
  }
  return std::all_of(terms.begin(), terms.end(), [&](const std::string& term) {
    return line.message.find(term) != std::string::npos;
  });
}

Result<Answer> filter_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  PD_TRY(terms, read_pattern(input.text("filterPattern")));
  LogQuery query = time_query(call, group);
  const std::string place = call.tenant.account + " " + call.tenant.region + " " + group;
  const std::string question = "FilterLogEvents " + place + " " + input.text("filterPattern");
  PD_TRY(after, read_position(question, input));
  query.after = after;
  PD_TRY(lines, parts.logs.read(query));
  Json events = Json::array();
  for (const LogLine& line : lines) {
    if (!wanted(line, input, terms)) continue;
    events.push_back(line_json(line));
    events.back()["logStreamName"] = line.stream;
    events.back()["eventId"] = std::to_string(line.position);
  }
  Json answer = {{"events", std::move(events)}, {"searchedLogStreams", Json::array()}};
  if (lines.size() == query.limit) {
    answer["nextToken"] = make_page_token(question, std::to_string(lines.back().position));
  }
  return Answer(std::move(answer));
}

// A token points between two lines: forward reads what is behind it, backward what is before.
Result<Answer> get_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  LogQuery query = time_query(call, group);
  query.stream = input.text("logStreamName");
  const std::string place = call.tenant.account + " " + call.tenant.region + " " + group;
  const std::string forward = "GetLogEvents " + place + " " + query.stream + " forward";
  const std::string backward = "GetLogEvents " + place + " " + query.stream + " backward";
  query.newest = !input.flag("startFromHead") && !input.has("nextToken");
  uint64_t before = UINT64_MAX;
  if (auto position = read_position(forward, input)) {
    query.after = *position;
  } else {
    PD_TRY(end, read_position(backward, input));
    before = end;
  }
  const size_t limit = query.limit;
  if (before != UINT64_MAX) query.limit = SIZE_MAX;
  PD_TRY(lines, parts.logs.read(query));
  std::erase_if(lines, [&](const LogLine& line) { return line.position >= before; });
  if (lines.size() > limit) lines.erase(lines.begin(), lines.end() - int64_t(limit));
  Json events = Json::array();
  for (const LogLine& line : lines) events.push_back(line_json(line));
  const uint64_t none = before != UINT64_MAX ? before : query.after;
  const uint64_t first = lines.empty() ? none : lines.front().position;
  const uint64_t last = lines.empty() ? none : lines.back().position;
  return Answer({{"events", std::move(events)},
                 {"nextForwardToken", make_page_token(forward, std::to_string(last))},
                 {"nextBackwardToken", make_page_token(backward, std::to_string(first))}});
}

Error no_stream() {
  return {ErrorKind::not_found, "ResourceNotFoundException",
          "The specified log stream does not exist."};
}

Result<Answer> put_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  const std::string stream = input.text("logStreamName");
  if (!parts.groups.has_stream(call.tenant, group, stream)) return no_stream();
  const Json& events = *input.find("logEvents");
  const auto earlier = [](const Json& a, const Json& b) {
    return Input(a).integer("timestamp") < Input(b).integer("timestamp");
  };
  if (!std::is_sorted(events.begin(), events.end(), earlier)) {
    return invalid_log_parameter(
        "Log events in a single PutLogEvents request must be in chronological order.");
  }
  for (const Json& event : events) {
    const Input line(event);
    parts.logs.append(call.tenant, group, stream, line.integer("timestamp"), line.text("message"));
  }
  return Answer();
}

Shape event_shape(std::vector<Field> more) {
  std::vector<Field> fields = log_group_fields(std::move(more));
  for (const char* name : {"startTime", "endTime"}) fields.push_back(optional(name, integer(0)));
  fields.push_back(optional("limit", integer(1, 10'000)));
  fields.push_back(optional("nextToken", text(1)));
  return structure(std::move(fields));
}

Shape line_shape() {
  return structure({required("timestamp", integer(0)), required("message", text(1))});
}

}  // namespace

std::vector<Operation> log_event_operations(const LogsParts& parts) {
  return {
      {"FilterLogEvents",
       event_shape({optional("filterPattern", text(0, 1024)),
                    optional("logStreamNamePrefix", text(1, 512)),
                    optional("logStreamNames", list_of(text(1, 512), 1, 100))}),
       at_once([parts](const Call& call) { return filter_events(parts, call); })},
      {"GetLogEvents",
       event_shape(
           {required("logStreamName", log_stream_shape()), optional("startFromHead", flag())}),
       at_once([parts](const Call& call) { return get_events(parts, call); })},
      {"PutLogEvents",
       structure({required("logGroupName", log_group_shape()),
                  required("logStreamName", log_stream_shape()),
                  required("logEvents", list_of(line_shape(), 1, 10'000))}),
       at_once([parts](const Call& call) { return put_events(parts, call); })},
  };
}

}  // namespace perdure::api
