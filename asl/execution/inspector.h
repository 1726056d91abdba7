#pragma once
// Looks on while a state's data goes through its fields: for TestState, the console and whoever
// debugs. Without one nothing is written that is not needed.

#include <cstdint>

#include "asl/value/payload.h"

namespace perdure::asl {

struct Frame;

// Named after the members of AWS's inspectionData.
enum class DataStage : uint8_t {
  after_input_path,
  after_parameters,
  after_items_path,
  after_item_selector,  // once for each iteration
  result,
  after_result_selector,
  after_result_path,
  variables,  // what Assign gave
  after_arguments,
};

class Inspector {
 public:
  virtual ~Inspector() = default;
  // The data of the frame's state at this stage, compact JSON. Called in the order of evaluation,
  // on the thread that advances; must not touch the execution.
  virtual void saw(const Frame& frame, DataStage stage, const Payload& data) = 0;
  // What stands in for the context object of every state; absent: the execution's own.
  virtual Payload context() { return {}; }
};

}  // namespace perdure::asl
