#include "api/scheduler/scheduler.h"

#include <iterator>
#include <utility>

namespace perdure::api {

Shape schedule_name_shape() { return text(1, 64, "[0-9a-zA-Z-_.]+"); }

Service scheduler_service(engine::Schedules& schedules) {
  Service service{"scheduler", Protocol::rest_json, "2021-06-30", "", {}};
  for (auto* group : {&schedule_operations, &group_operations}) {
    std::vector<Operation> rows = group(schedules);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api
