// Log streams: create, describe, delete.

#include <algorithm>
#include <map>
#include <utility>

#include "api/logs/logs.h"
#include "api/states/names.h"

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
  query.from_ms = parts.groups.oldest_ms(call.tenant, group);
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

Json stream_json(const std::string& group_arn, const std::string& name, const Span& span) {
  Json json = {{"logStreamName", name},
               {"creationTime", span.created_ms},
               {"arn", group_arn + ":log-stream:" + name},
               {"storedBytes", 0}};
  if (span.last_ms == 0) return json;
  json["firstEventTimestamp"] = span.first_ms;
  json["lastEventTimestamp"] = span.last_ms;
  json["lastIngestionTime"] = span.last_ms;
  return json;
}

Result<Answer> describe_streams(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(group, read_log_group(parts, call));
  const bool by_time = input.text("orderBy") == "LastEventTime";
  if (by_time && input.has("logStreamNamePrefix")) {
    return invalid_log_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  PD_TRY(found, read_streams(parts, call, group));
  std::vector<std::pair<std::string, Span>> streams(found.begin(), found.end());
  if (by_time) {
    std::stable_sort(streams.begin(), streams.end(), [](const auto& a, const auto& b) {
      return a.second.last_ms < b.second.last_ms;
    });
  }
  if (input.flag("descending")) std::reverse(streams.begin(), streams.end());
  const std::string question = "DescribeLogStreams " + call.tenant.account + " " +
                               call.tenant.region + " " + group + " " +
                               input.text("logStreamNamePrefix");
  PD_TRY(from, read_log_token(question, input));
  const size_t begin = std::min<size_t>(from, streams.size());
  const size_t end = std::min(streams.size(), begin + size_t(input.integer("limit", 50)));
  Json answer = {{"logStreams", Json::array()}};
  for (size_t i = begin; i < end; ++i) {
    const auto& [name, span] = streams[i];
    answer["logStreams"].push_back(stream_json(log_group_arn(call.tenant, group), name, span));
  }
  if (end < streams.size()) answer["nextToken"] = make_page_token(question, std::to_string(end));
  return Answer(std::move(answer));
}

void remove(const LogsParts& parts, const Call& call, const Done& done) {
  const auto group = read_log_group(parts, call);
  if (!group) return done(group.error());
  const std::string stream = call.input().text("logStreamName");
  const auto there = has_log_stream(parts, call.tenant, *group, stream);
  if (!there) return done(there.error());
  if (!*there) return done(no_log_stream());
  parts.groups.remove_stream(call.tenant, *group, stream, answer_nothing(done));
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
      {"DeleteLogStream",
       structure({required("logGroupName", log_group_shape()),
                  required("logStreamName", log_stream_shape())}),
       [parts](const auto& call, const Done& done) { remove(parts, *call, done); }},
      {"DescribeLogStreams",
       structure(log_group_fields({optional("logStreamNamePrefix", log_stream_shape()),
                                   optional("orderBy", one_of({"LogStreamName", "LastEventTime"})),
                                   optional("descending", flag()), optional("nextToken", text(1)),
                                   optional("limit", integer(1, 50))})),
       at_once([parts](const Call& call) { return describe_streams(parts, call); })},
  };
}

}  // namespace perdure::api
