#include "api/states/history_json.h"

#include "api/aws/operation.h"
#include "engine/journal/history.h"

namespace perdure::api {

namespace {

// "taskScheduledEventDetails"; all types of states share stateEntered and stateExited.
std::string details_name(std::string_view type) {
  if (type.ends_with("StateEntered")) return "stateEnteredEventDetails";
  if (type.ends_with("StateExited")) return "stateExitedEventDetails";
  std::string name(type);
  name[0] = char(name[0] - 'A' + 'a');
  return name + "EventDetails";
}

}  // namespace

Json history_event_json(const asl::Entry& entry, bool include_data) {
  const std::string_view type = asl::entry_type_name(entry.type);
  Json event = {{"timestamp", seconds(entry.timestamp_ms)},
                {"type", type},
                {"id", entry.id},
                {"previousEventId", entry.previous}};
  if (engine::journal::has_details(entry.type)) {
    event[details_name(type)] = engine::journal::event_details(entry, include_data);
  }
  return event;
}

}  // namespace perdure::api
