#include "engine/execution_log.h"

#include <utility>

#include "engine/journal/history.h"

namespace perdure::engine {
namespace {

// CloudWatch Logs takes no longer lines; what an event carries is left out before a line is cut.
constexpr size_t max_record_bytes = 256 << 10;

Json shortened_details(const asl::Entry& entry) {
  Json details = journal::event_details(entry, true);
  for (const char* name : {"input", "output", "assignedVariables"}) {
    if (details.erase(name) > 0) details[std::string(name) + "Details"]["truncated"] = true;
  }
  details.erase("parameters");
  return details;
}

}  // namespace

std::shared_ptr<const LogTarget> read_log_target(const Json& settings) {
  if (!settings.is_object()) return nullptr;
  const auto logging = settings.find("loggingConfiguration");
  if (logging == settings.end()) return nullptr;
  const std::string level = logging->value("level", "OFF");
  const auto destinations = logging->find("destinations");
  if (level == "OFF" || destinations == logging->end() || destinations->empty()) return nullptr;
  const Json& group = destinations->front().at("cloudWatchLogsLogGroup").at("logGroupArn");
  LogGroupName name = parse_log_group_arn(group.get<std::string>());
  auto target = std::make_shared<LogTarget>();
  target->level = level == "ALL"     ? LogLevel::all
                  : level == "ERROR" ? LogLevel::error
                                     : LogLevel::fatal;
  target->include_data = logging->value("includeExecutionData", false);
  target->tenant = std::move(name.tenant);
  target->group = std::move(name.name);
  return target;
}

LogGroupName parse_log_group_arn(std::string_view text) {
  constexpr std::string_view prefix = "log-group:", suffix = ":*";
  Arn arn = parse_arn(text);
  if (arn.service != "logs" || arn.rest.size() <= prefix.size() + suffix.size() ||
      !arn.rest.starts_with(prefix) || !arn.rest.ends_with(suffix)) {
    return {};
  }
  const size_t length = arn.rest.size() - prefix.size() - suffix.size();
  return {{std::move(arn.account), std::move(arn.region)}, arn.rest.substr(prefix.size(), length)};
}

// The table is in the Step Functions developer guide, "Log levels for execution events".
bool is_logged(LogLevel level, asl::EntryType type) {
  if (level == LogLevel::all || type == asl::EntryType::ExecutionAborted ||
      type == asl::EntryType::ExecutionFailed || type == asl::EntryType::ExecutionTimedOut) {
    return true;
  }
  if (level == LogLevel::fatal) return false;
  const std::string_view name = asl::entry_type_name(type);
  return type == asl::EntryType::FailStateEntered || name.ends_with("Failed") ||
         name.ends_with("Aborted") || name.ends_with("TimedOut");
}

std::string log_record(const asl::Execution& execution, const asl::Entry& entry,
                       bool include_data) {
  Json record = {{"id", std::to_string(entry.id)},
                 {"type", asl::entry_type_name(entry.type)},
                 {"details", journal::event_details(entry, include_data)},
                 {"previous_event_id", std::to_string(entry.previous)},
                 {"event_timestamp", std::to_string(entry.timestamp_ms)},
                 {"execution_arn", execution.identity().arn},
                 {"redrive_count", std::to_string(execution.redrive_count())}};
  std::string text = dump_json(record);
  if (text.size() <= max_record_bytes) return text;
  record["details"] = shortened_details(entry);
  return dump_json(record);
}

void ExecutionLog::committed(const LogTarget& target, const asl::Execution& execution,
                             const std::vector<asl::Entry>& entries) {
  if (!groups_.created(target.tenant, target.group)) return;
  const asl::ExecutionIdentity& identity = execution.identity();
  const std::string stream = "states/" + identity.machine_name + "/" + identity.name;
  for (const asl::Entry& entry : entries) {
    if (!asl::is_event(entry.type) || !is_logged(target.level, entry.type)) continue;
    logs_.append(target.tenant, target.group, stream, entry.timestamp_ms,
                 log_record(execution, entry, target.include_data));
  }
}

}  // namespace perdure::engine
