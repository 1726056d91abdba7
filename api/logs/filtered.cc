// Lines of a group that a pattern wants.

#include <algorithm>
#include <set>
#include <utility>

#include "api/logs/filter_pattern.h"
#include "api/logs/logs.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::LogLine;
using engine::LogQuery;

// By stream and by pattern.
Result<std::function<bool(const LogLine&)>> read_wanted(const Input& input) {
  PD_TRY(matcher, read_filter_pattern(input.text("filterPattern")));
  const std::string prefix = input.text("logStreamNamePrefix");
  std::set<std::string> names;
  if (const Json* given = input.find("logStreamNames")) names = given->get<decltype(names)>();
  if (!names.empty() && !prefix.empty()) {
    return invalid_log_parameter(
        "LogStreamNamePrefix and LogStreamNames cannot be specified together");
  }
  return std::function<bool(const LogLine&)>(
      [matcher = std::move(matcher), prefix, names = std::move(names)](const LogLine& line) {
        return line.stream.starts_with(prefix) && (names.empty() || names.contains(line.stream)) &&
               matcher(line.message);
      });
}

Json event_json(const LogLine& line) {
  Json json = log_line_json(line);
  json["logStreamName"] = line.stream;
  json["eventId"] = std::to_string(line.position);
  return json;
}

// Pages follow the order in which lines came, a page is in the order of their times.
Result<Answer> filter_events(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  LogQuery query = log_query(parts, call, group);
  if (query.to_ms != INT64_MAX) ++query.to_ms;  // here the end is part of it
  PD_TRY(wanted, read_wanted(input));
  query.wanted = std::move(wanted);
  const std::string question = "FilterLogEvents " + call.tenant.account + " " + call.tenant.region +
                               " " + group + " " + input.text("filterPattern");
  PD_TRY(after, read_log_token(question, input));
  query.after = after;
  PD_TRY(lines, parts.logs.read(query));
  Json answer = {{"searchedLogStreams", Json::array()}};
  if (is_full(query, lines)) {
    answer["nextToken"] = make_page_token(question, std::to_string(lines.back().position));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time_ms < b.time_ms; });
  Json events = Json::array();
  for (const LogLine& line : lines) events.push_back(event_json(line));
  answer["events"] = std::move(events);
  return Answer(std::move(answer));
}

}  // namespace

std::vector<Operation> log_filter_operations(const LogsParts& parts) {
  return {{"FilterLogEvents",
           structure(log_read_fields({optional("filterPattern", text(0, 1024)),
                                      optional("logStreamNamePrefix", text(1, 512)),
                                      optional("logStreamNames", list_of(text(1, 512), 1, 100))})),
           at_once([parts](const Call& call) { return filter_events(parts, call); })}};
}

}  // namespace perdure::api
