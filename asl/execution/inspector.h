#pragma once
// Looks on while a state's data goes through its fields: for TestState, the console and whoever
// debugs. Without one nothing is written that is not needed.

#include <cstdint>

#include "asl/value/payload.h"

namespace perdure::asl {

struct Failure;
struct Frame;

// Named after the members of AWS's inspectionData.
enum class DataStage : uint8_t {
  after_input_path,
  after_parameters,
  after_items_path,
  after_item_selector,  // of each iteration that starts; in TestState of all, as an array
  result,
  after_result_selector,
  after_result_path,
  variables,  // what Assign gave
  after_arguments,
  // Of a Map, numbers.
  max_concurrency,
  tolerated_failure_count,
  tolerated_failure_percentage,
};

// What a state is told that is tested alone, where an execution would know better.
struct Pretence {
  Payload context;      // stands in for the context object; absent: the execution's own
  Payload item;         // `$$.Map.Item.Value`, of the first iteration; absent: there is none
  int64_t retries = 0;  // attempts that the retrier for the state's error has made before
};

class Inspector {
 public:
  virtual ~Inspector() = default;
  // The data of the frame's state at this stage, compact JSON. Called in the order of evaluation,
  // on the thread that advances; must not touch the execution.
  virtual void saw(const Frame& frame, DataStage stage, const Payload& data) = 0;
  // The frame's state has failed so; its Retry and Catch are asked next.
  virtual void failed(const Frame& frame, const Failure& failure) { (void)frame, (void)failure; }
  virtual Pretence pretence() const { return {}; }
};

}  // namespace perdure::asl
