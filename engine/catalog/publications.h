#pragma once
// Versions of a state machine, which never change, and aliases, which point to one or two of them.
// They are part of the machine's document: whatever becomes of them is one write.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/execution/execution.h"
#include "base/json.h"
#include "base/result.h"
#include "engine/catalog/state_machines.h"
#include "engine/keys.h"

namespace perdure::engine {

struct StateMachineVersion {
  int64_t number = 0;
  std::string definition_hash;
  std::string role_arn;
  std::string revision_id;
  std::string description;
  int64_t created_ms = 0;
  Json settings;  // the machine's, as they were; without tags
};

struct StateMachineAlias {
  struct Route {
    int64_t version = 0;
    int64_t weight = 0;  // per cent
    bool operator==(const Route&) const = default;
  };
  std::string name;
  std::string description;
  std::vector<Route> routes;  // one or two
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};

struct Publications {
  int64_t last_number = 0;                    // numbers are never given again
  std::vector<StateMachineVersion> versions;  // by number
  std::vector<StateMachineAlias> aliases;     // by name

  const StateMachineVersion* version(int64_t number) const;
  const StateMachineAlias* alias(std::string_view name) const;
};

Json to_json(const Publications& publications);
Publications read_publications(const Json& json);

// A machine's ARN, or that of a version or alias of it:
// "arn:aws:states:R:A:stateMachine:NAME[:QUALIFIER]".
struct QualifiedArn {
  Tenant tenant;
  std::string machine_arn;
  std::string qualifier;  // empty: the machine
};
std::optional<QualifiedArn> parse_qualified(std::string_view arn);
// The number in a version's qualifier; nothing for an alias.
std::optional<int64_t> version_number(std::string_view qualifier);
std::string qualified_arn(std::string_view machine_arn, std::string_view qualifier);

// What a start through an ARN runs. Without the execution's own name and ARN.
struct StartTarget {
  Tenant tenant;
  asl::ExecutionIdentity identity;
};
// `draw` gives random numbers. Errors: StateMachineDoesNotExist, StateMachineDeleting.
Result<StartTarget> start_target(const StateMachines& machines, const std::string& arn,
                                 const std::function<uint64_t()>& draw);

// Changes to a record (StateMachines::change).

// The version of the record's revision, a new one if there is none. Errors:
// ServiceQuotaExceededException.
Result<int64_t> publish(StateMachineRecord& record, const std::string& description, int64_t now_ms);
// One that is not there is fine. Errors: ConflictException while an alias points to it.
Result<> remove_version(StateMachineRecord& record, int64_t number);
// The same again is fine. Errors: ConflictException, ServiceQuotaExceededException.
Result<> add_alias(StateMachineRecord& record, StateMachineAlias alias, int64_t now_ms);
struct AliasUpdate {
  std::optional<std::string> description;
  std::optional<std::vector<StateMachineAlias::Route>> routes;
};
// Errors: ResourceNotFound.
Result<> update_alias(StateMachineRecord& record, const std::string& name, AliasUpdate update,
                      int64_t now_ms);
void remove_alias(StateMachineRecord& record, std::string_view name);

Error state_machine_deleting(std::string_view arn);
Error no_such_resource();

}  // namespace perdure::engine
