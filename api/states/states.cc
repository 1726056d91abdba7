#include "api/states/states.h"

#include <iterator>
#include <utility>

#include "api/states/throttling.h"

namespace perdure::api {

Shape arn_shape() { return text(1, 256); }
Shape name_shape() { return text(1, 80); }
Shape page_size_shape() { return integer(0, 1000); }
Shape included_data_shape() { return one_of({"ALL_DATA", "METADATA_ONLY"}); }
Shape tags_shape() {
  return list_of(structure({optional("key", text(1, 128)), optional("value", text(0, 256))}));
}

Service states_service(const StatesParts& parts) {
  Service service{"states", Protocol::json, "1.0", "AWSStepFunctions", {}};
  for (auto* group :
       {&state_machine_operations, &version_operations, &alias_operations, &start_operations,
        &execution_operations, &map_run_operations, &task_operations, &activity_operations,
        &tag_operations, &test_state_operations}) {
    std::vector<Operation> rows = group(parts);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  if (parts.throttling != nullptr) {
    throttle(service.operations, *parts.throttling, parts.engine.state_machines());
  }
  return service;
}

}  // namespace perdure::api
