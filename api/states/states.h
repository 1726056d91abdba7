#pragma once
// Step Functions: what its operations need, and their tables.

#include <atomic>
#include <functional>
#include <vector>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/log_groups.h"
#include "executors/activities/activities.h"

namespace perdure::api {

class Throttling;

// All outlive the service.
struct StatesParts {
  engine::Engine& engine;
  const Clock& clock;
  int64_t max_input_bytes = 262'144;
  const engine::LogGroups* log_groups = nullptr;  // null: destinations of logs are not looked up
  executors::Activities* activities = nullptr;    // null: there are none, and none can be made
  Throttling* throttling = nullptr;               // null: calls are not throttled as AWS does
  // Does a task for TestState; empty: it needs mocks.
  using TaskDone = std::function<void(engine::TaskAnswer)>;
  std::function<void(engine::TaskRequest, TaskDone)> try_task{};
  // Does work that may take long beside everything else, and sets `stop` when it has taken too
  // long; empty: it is done at once.
  using Work = std::function<void(const std::atomic<bool>& stop)>;
  std::function<void(Work)> compute{};
};

Service states_service(const StatesParts& parts);

// One table for each group; states_service puts them together.
std::vector<Operation> state_machine_operations(const StatesParts& parts);
std::vector<Operation> version_operations(const StatesParts& parts);
std::vector<Operation> alias_operations(const StatesParts& parts);
std::vector<Operation> start_operations(const StatesParts& parts);
std::vector<Operation> execution_operations(const StatesParts& parts);
std::vector<Operation> map_run_operations(const StatesParts& parts);
std::vector<Operation> task_operations(const StatesParts& parts);
std::vector<Operation> activity_operations(const StatesParts& parts);
std::vector<Operation> tag_operations(const StatesParts& parts);
std::vector<Operation> test_state_operations(const StatesParts& parts);

// Shapes that several groups use.
Shape arn_shape();
Shape name_shape();
Shape page_size_shape();
Shape tags_shape();
Shape included_data_shape();

}  // namespace perdure::api
