#include "engine/journal/history.h"

#include <utility>

#include "asl/value/split.h"

namespace perdure::engine::journal {

namespace {

using asl::EntryType;
using asl::Field;

// What a field is called in the details; null for what is kept to ourselves.
const char* member_name(Field field) {
  switch (field) {
    case Field::name:
      return "name";
    case Field::input:
      return "input";
    case Field::output:
      return "output";
    case Field::resource:
      return "resource";
    case Field::resource_type:
      return "resourceType";
    case Field::region:
      return "region";
    case Field::parameters:
      return "parameters";
    case Field::error:
      return "error";
    case Field::cause:
      return "cause";
    case Field::timeout_seconds:
      return "timeoutInSeconds";
    case Field::heartbeat_seconds:
      return "heartbeatInSeconds";
    case Field::role_arn:
      return "roleArn";
    case Field::length:
      return "length";
    case Field::index:
      return "index";
    case Field::worker_name:
      return "workerName";
    case Field::credentials_role:
      return "taskCredentials";
    case Field::location:
      return "location";
    case Field::state:
      return "state";
    case Field::version_arn:
      return "stateMachineVersionArn";
    case Field::alias_arn:
      return "stateMachineAliasArn";
    case Field::map_run_arn:
      return "mapRunArn";
    case Field::redrive_count:
      return "redriveCount";
    case Field::assigned_variables:
      return "assignedVariables";
    default:
      return nullptr;
  }
}

Json value_json(const asl::Entry::FieldValue& value) {
  if (value.field == Field::assigned_variables) {
    Json variables = Json::object();  // each as JSON text
    for (const auto& [name, text] : asl::split_object(value.text.text())) variables[name] = text;
    return variables;
  }
  if (value.field == Field::credentials_role) {
    return Json::object({{"roleArn", value.text.text()}});
  }
  return value.is_number ? Json(value.number) : Json(value.text.text());
}

void show_field(const asl::Entry::FieldValue& value, bool include_data, Json& details) {
  const char* name = member_name(value.field);
  if (name == nullptr) return;
  const bool sized = value.field == Field::input || value.field == Field::output ||
                     value.field == Field::assigned_variables;
  if (!include_data && (sized || value.field == Field::parameters)) return;
  details[name] = value_json(value);
  // Nothing is ever cut: what an event names is there as a whole.
  if (sized) details[std::string(name) + "Details"] = Json::object({{"truncated", false}});
}

}  // namespace

bool has_details(EntryType type) {
  switch (type) {
    case EntryType::LambdaFunctionStarted:
    case EntryType::MapStateAborted:
    case EntryType::MapStateFailed:
    case EntryType::MapStateSucceeded:
    case EntryType::ParallelStateAborted:
    case EntryType::ParallelStateFailed:
    case EntryType::ParallelStateStarted:
    case EntryType::ParallelStateSucceeded:
    case EntryType::TaskStateAborted:
    case EntryType::WaitStateAborted:
    case EntryType::MapRunAborted:
    case EntryType::MapRunSucceeded:
      return false;
    default:
      return true;
  }
}

Json event_details(const asl::Entry& entry, bool include_data) {
  Json details = Json::object();
  if (!has_details(entry.type)) return details;
  for (const auto& value : entry.fields) show_field(value, include_data, details);
  return details;
}

}  // namespace perdure::engine::journal
