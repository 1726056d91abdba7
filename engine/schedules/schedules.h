#pragma once
// EventBridge Scheduler's schedules: rows in the timer index, fired once per (schedule, revision,
// time). Firings missed while the server was down become one late one, at the newest missed time,
// if that is within the maximum event age.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

struct ScheduleTarget {
  std::string arn;  // of a state machine, or arn:aws:scheduler:::aws-sdk:sfn:startExecution
  std::string role_arn;
  std::string input;  // may hold placeholders: <aws.scheduler.scheduled-time> and its kin
  int64_t max_event_age_s = 86'400;
  int64_t max_retry_attempts = 185;
  Json given = Json::object();  // the Target of the request as it was: shown by GetSchedule
};

struct Schedule {
  Tenant tenant;
  std::string group = "default";
  std::string name;
  std::string arn;  // arn:aws:scheduler:R:A:schedule/GROUP/NAME
  std::string description;
  std::string expression;
  std::string timezone = "UTC";  // ScheduleExpressionTimezone
  std::optional<int64_t> start_ms;
  std::optional<int64_t> end_ms;
  bool enabled = true;
  bool delete_after_completion = false;
  Json flexible_time_window = Json::object();  // as given; schedules fire at their time (Mode OFF)
  std::string kms_key_arn;
  ScheduleTarget target;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t revision = 0;  // counts the changes
};

struct ScheduleGroup {
  Tenant tenant;
  std::string name;
  std::string arn;  // arn:aws:scheduler:R:A:schedule-group/NAME
  int64_t created_ms = 0;
};

// Safe from any thread. Writes complete once durable. Errors: ConflictException (exists),
// ResourceNotFoundException, ValidationException (expression, timezone, target).
class Schedules {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Schedules() = default;

  // `arn`, the times and the revision are filled in. Update replaces everything but the creation.
  virtual void create(Schedule schedule, Done<Schedule> done) = 0;
  virtual void update(Schedule schedule, Done<Schedule> done) = 0;
  virtual void remove(const Tenant& tenant, std::string group, std::string name,
                      Done<bool> done) = 0;
  virtual Result<Schedule> find(const Tenant& tenant, std::string_view group,
                                std::string_view name) const = 0;
  // By group and name. Empty `group`: of all groups.
  virtual std::vector<Schedule> list(const Tenant& tenant, std::string_view group) const = 0;

  // The group "default" is always there. Removing a group removes its schedules.
  virtual void create_group(const Tenant& tenant, std::string name, Done<ScheduleGroup> done) = 0;
  virtual void remove_group(const Tenant& tenant, std::string name, Done<bool> done) = 0;
  virtual std::vector<ScheduleGroup> groups(const Tenant& tenant) const = 0;  // by name
};

}  // namespace perdure::engine
