#include "api/logs/logs.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::LogLine;
using engine::LogQuery;
using engine::Logs;

Error invalid_parameter(std::string text) {
  return invalid("InvalidParameterException", std::move(text));
}

// The group's name; an identifier may be its ARN.
Result<std::string> read_group(Logs& logs, const Input& input) {
  std::string group = input.text("logGroupName");
  if (group.empty()) group = input.text("logGroupIdentifier");
  constexpr std::string_view marker = ":log-group:";
  if (const size_t at = group.find(marker); group.starts_with("arn:") && at != std::string::npos) {
    group.erase(0, at + marker.size());
    if (group.ends_with(":*")) group.erase(group.size() - 2);
  }
  if (group.empty()) return invalid_parameter("Please provide a log group name or identifier");
  const std::vector<std::string> known = logs.groups();
  if (std::find(known.begin(), known.end(), group) == known.end()) {
    return Error{ErrorKind::not_found, "ResourceNotFoundException",
                 "The specified log group does not exist."};
  }
  return group;
}

// A pattern of plain terms: all of them must be in the message. Quotes hold a term together.
Result<std::vector<std::string>> read_pattern(const std::string& pattern) {
  std::vector<std::string> terms;
  if (pattern.find_first_of("{[?-") == 0 || pattern.find(" ?") != std::string::npos ||
      pattern.find(" -") != std::string::npos) {
    return invalid_parameter("Only filter patterns of plain terms are supported yet");
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

std::string arn_of(const engine::Tenant& tenant, const std::string& group) {
  return "arn:aws:logs:" + tenant.region + ":" + tenant.account + ":log-group:" + group + ":*";
}

Result<uint64_t> read_position(const std::string& question, const Input& input) {
  if (!input.has("nextToken")) return uint64_t{0};
  const auto text = read_page_token(question, input.text("nextToken"));
  if (!text) return invalid_parameter("The specified nextToken is invalid.");
  uint64_t position = 0;
  std::from_chars(text->data(), text->data() + text->size(), position);
  return position;
}

LogQuery time_query(const std::string& group, const Input& input) {
  LogQuery query;
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

Result<Answer> filter_events(Logs& logs, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_group(logs, input));
  PD_TRY(terms, read_pattern(input.text("filterPattern")));
  LogQuery query = time_query(group, input);
  const std::string question = "FilterLogEvents " + group + " " + input.text("filterPattern");
  PD_TRY(after, read_position(question, input));
  query.after = after;
  PD_TRY(lines, logs.read(query));
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
Result<Answer> get_events(Logs& logs, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_group(logs, input));
  LogQuery query = time_query(group, input);
  query.stream = input.text("logStreamName");
  const std::string forward = "GetLogEvents " + group + " " + query.stream + " forward";
  const std::string backward = "GetLogEvents " + group + " " + query.stream + " backward";
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
  PD_TRY(lines, logs.read(query));
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

Result<Answer> describe_groups(Logs& logs, const Call& call) {
  const Input input = call.input();
  const std::string prefix = input.text("logGroupNamePrefix");
  const std::string part = input.text("logGroupNamePattern");
  const std::string question = "DescribeLogGroups " + prefix + " " + part;
  std::string after;
  if (input.has("nextToken")) {
    auto position = read_page_token(question, input.text("nextToken"));
    if (!position) return invalid_parameter("The specified nextToken is invalid.");
    after = std::move(*position);
  }
  const auto limit = static_cast<size_t>(input.integer("limit", 50));
  Json groups = Json::array();
  Json answer = Json::object();
  for (const std::string& group : logs.groups()) {
    if (group <= after || !group.starts_with(prefix) || group.find(part) == std::string::npos) {
      continue;
    }
    if (groups.size() == limit) {
      const auto last = groups.back().at("logGroupName").get<std::string>();
      answer["nextToken"] = make_page_token(question, last);
      break;
    }
    groups.push_back({{"logGroupName", group},
                      {"arn", arn_of(call.tenant, group)},
                      {"logGroupClass", "STANDARD"}});
  }
  answer["logGroups"] = std::move(groups);
  return Answer(std::move(answer));
}

Result<Answer> describe_streams(Logs& logs, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_group(logs, input));
  LogQuery query;
  query.group = group;
  query.limit = SIZE_MAX;
  PD_TRY(lines, logs.read(query));
  std::map<std::string, std::pair<int64_t, int64_t>> spans;  // first and last line
  for (const LogLine& line : lines) {
    if (!line.stream.starts_with(input.text("logStreamNamePrefix"))) continue;
    const auto [span, added] = spans.emplace(line.stream, std::pair(line.time_ms, line.time_ms));
    span->second.second = line.time_ms;
  }
  std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>> streams(spans.begin(),
                                                                           spans.end());
  if (input.text("orderBy") == "LastEventTime") {
    std::stable_sort(streams.begin(), streams.end(), [](const auto& a, const auto& b) {
      return a.second.second < b.second.second;
    });
  }
  if (input.flag("descending")) std::reverse(streams.begin(), streams.end());
  streams.resize(std::min(streams.size(), size_t(input.integer("limit", 50))));
  Json shown = Json::array();
  for (const auto& [name, span] : streams) {
    shown.push_back({{"logStreamName", name},
                     {"creationTime", span.first},
                     {"firstEventTimestamp", span.first},
                     {"lastEventTimestamp", span.second}});
  }
  return Answer(Json::object({{"logStreams", std::move(shown)}}));
}

std::vector<Field> group_fields() {
  return {optional("logGroupName", text(1, 512, "[\\.\\-_/#A-Za-z0-9]+")),
          optional("logGroupIdentifier", text(1, 2048))};
}

std::vector<Field> event_fields(std::vector<Field> more) {
  std::vector<Field> fields = group_fields();
  for (const char* name : {"startTime", "endTime"}) fields.push_back(optional(name, integer(0)));
  fields.push_back(optional("limit", integer(1, 10'000)));
  fields.push_back(optional("nextToken", text(1)));
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return fields;
}

}  // namespace

Service logs_service(Logs& logs) {
  std::vector<Field> stream_fields = group_fields();
  for (Field field : {optional("logStreamNamePrefix", text(1, 512)),
                      optional("orderBy", one_of({"LogStreamName", "LastEventTime"})),
                      optional("descending", flag()), optional("limit", integer(1, 50))}) {
    stream_fields.push_back(std::move(field));
  }
  return {"logs",
          Protocol::json,
          "1.1",
          "Logs_20140328",
          {{"FilterLogEvents",
            structure(event_fields({optional("filterPattern", text(0, 1024)),
                                    optional("logStreamNamePrefix", text(1, 512)),
                                    optional("logStreamNames", list_of(text(1, 512), 1, 100))})),
            at_once([&logs](const Call& call) { return filter_events(logs, call); })},
           {"GetLogEvents",
            structure(event_fields({required("logStreamName", text(1, 512, "[^:*]*")),
                                    optional("startFromHead", flag())})),
            at_once([&logs](const Call& call) { return get_events(logs, call); })},
           {"DescribeLogGroups",
            structure({optional("logGroupNamePrefix", text(1, 512)),
                       optional("logGroupNamePattern", text(0, 512)),
                       optional("nextToken", text(1)), optional("limit", integer(1, 50))}),
            at_once([&logs](const Call& call) { return describe_groups(logs, call); })},
           {"DescribeLogStreams", structure(std::move(stream_fields)),
            at_once([&logs](const Call& call) { return describe_streams(logs, call); })}}};
}

}  // namespace perdure::api
