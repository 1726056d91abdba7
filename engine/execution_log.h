#pragma once
// Execution logs: what loggingConfiguration asks for, written as CloudWatch Logs would have it.
// Lines are a consequence of entries that are durable; they are never waited for.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "asl/execution/execution.h"
#include "base/json.h"
#include "engine/keys.h"
#include "engine/log_groups.h"
#include "engine/logs.h"

namespace perdure::engine {

enum class LogLevel : uint8_t { all, error, fatal };

struct LogTarget {
  LogLevel level = LogLevel::all;
  bool include_data = false;
  Tenant tenant;  // of the group
  std::string group;
};

// Of a state machine's settings. Null: nothing is logged.
std::shared_ptr<const LogTarget> read_log_target(const Json& settings);

// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*" taken apart; the name is empty for another text.
struct LogGroupName {
  Tenant tenant;
  std::string name;
};
LogGroupName parse_log_group_arn(std::string_view arn);

// Whether events of this type are logged at this level: FATAL tells of executions that end badly,
// ERROR of everything that goes wrong.
bool is_logged(LogLevel level, asl::EntryType type);

// The JSON text of one event's line.
std::string log_record(const asl::Execution& execution, const asl::Entry& entry, bool include_data);

// Is told what has happened to executions that are logged, after it is durable (an EXPRESS
// execution's entries: at once). Called on the engine's threads: must not block.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual void committed(const LogTarget& target, const asl::Execution& execution,
                         const std::vector<asl::Entry>& entries) = 0;
};

// Writes to the target's group, as long as there is one.
class ExecutionLog final : public EntrySink {
 public:
  // Both outlive the object.
  ExecutionLog(Logs& logs, const LogGroups& groups) : logs_(logs), groups_(groups) {}
  void committed(const LogTarget& target, const asl::Execution& execution,
                 const std::vector<asl::Entry>& entries) override;

 private:
  Logs& logs_;
  const LogGroups& groups_;
};

}  // namespace perdure::engine
