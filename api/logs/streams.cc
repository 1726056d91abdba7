// Log streams: create and describe.

#include <algorithm>
#include <map>
#include <utility>

#include "api/logs/logs.h"

namespace perdure::api {

namespace {

struct Span {
  int64_t created_ms = 0;  // or of the first line, where nobody has created the stream
  int64_t first_ms = 0;
  int64_t last_ms = 0;  // 0: no line yet
};

Result<std::map<std::string, Span>> read_streams(const LogsParts& parts, const Call& call,
                                                 const std::string& group) {
  std::map<std::string, Span> streams;
  for (const engine::LogStream& stream : parts.groups.streams(call.tenant, group)) {
    streams[stream.name].created_ms = stream.created_ms;
  }
  engine::LogQuery query;
  query.tenant = call.tenant;
  query.group = group;
  query.limit = SIZE_MAX;
  PD_TRY(lines, parts.logs.read(query));
  for (const engine::LogLine& line : lines) {
    Span& span = streams[line.stream];
    if (span.created_ms == 0) span.created_ms = line.time_ms;
    if (span.first_ms == 0) span.first_ms = line.time_ms;
    span.last_ms = line.time_ms;
  }
  const std::string prefix = call.input().text("logStreamNamePrefix");
  std::erase_if(streams, [&](const auto& stream) { return !stream.first.starts_with(prefix); });
  return streams;
}

Json stream_json(const std::string& name, const Span& span) {
  Json json = {{"logStreamName", name}, {"creationTime", span.created_ms}};
  if (span.last_ms == 0) return json;
  json["firstEventTimestamp"] = span.first_ms;
  json["lastEventTimestamp"] = span.last_ms;
  return json;
}

Result<Answer> describe_streams(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  PD_TRY(found, read_streams(parts, call, group));
  std::vector<std::pair<std::string, Span>> streams(found.begin(), found.end());
  if (input.text("orderBy") == "LastEventTime") {
    std::stable_sort(streams.begin(), streams.end(), [](const auto& a, const auto& b) {
      return a.second.last_ms < b.second.last_ms;
    });
  }
  if (input.flag("descending")) std::reverse(streams.begin(), streams.end());
  streams.resize(std::min(streams.size(), size_t(input.integer("limit", 50))));
  Json shown = Json::array();
  for (const auto& [name, span] : streams) shown.push_back(stream_json(name, span));
  return Answer(Json::object({{"logStreams", std::move(shown)}}));
}

}  // namespace

std::vector<Operation> log_stream_operations(const LogsParts& parts) {
  return {
      {"CreateLogStream",
       structure({required("logGroupName", log_group_shape()),
                  required("logStreamName", log_stream_shape())}),
       [parts](const auto& call, const Done& done) {
         const Input input = call->input();
         parts.groups.create_stream(call->tenant, input.text("logGroupName"),
                                    input.text("logStreamName"), answer_nothing(done));
       }},
      {"DescribeLogStreams",
       structure(
           log_group_fields({optional("logStreamNamePrefix", log_stream_shape()),
                             optional("orderBy", one_of({"LogStreamName", "LastEventTime"})),
                             optional("descending", flag()), optional("limit", integer(1, 50))})),
       at_once([parts](const Call& call) { return describe_streams(parts, call); })},
  };
}

}  // namespace perdure::api
