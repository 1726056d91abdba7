#pragma once
// EventBridge Scheduler: schedules and their groups.

#include "api/aws/operation.h"
#include "base/clock.h"
#include "engine/schedules/schedules.h"

namespace perdure::api {

Service scheduler_service(engine::Schedules& schedules);  // outlives the service

std::vector<Operation> schedule_operations(engine::Schedules& schedules);
std::vector<Operation> group_operations(engine::Schedules& schedules);

Shape schedule_name_shape();

}  // namespace perdure::api
