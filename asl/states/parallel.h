#pragma once
#include <memory>
#include <vector>

#include "asl/states/common.h"

namespace perdure::asl {

struct ParallelState {
  std::vector<std::shared_ptr<const StateGraph>> branches;
  ResultFields fields;
};

}  // namespace perdure::asl
