#pragma once
// A schedule as the JSON of its document.

#include <string>

#include "engine/schedules/schedules.h"
#include "engine/store/store.h"

namespace perdure::engine {

std::string schedule_arn(const Tenant& tenant, std::string_view group, std::string_view name);
std::string schedule_group_arn(const Tenant& tenant, std::string_view name);

// Documents of schedules are called "GROUP/NAME".
std::string schedule_document_name(std::string_view group, std::string_view name);
std::string to_document_json(const Schedule& schedule);
Result<Schedule> schedule_from(const Document& document);

}  // namespace perdure::engine
