#pragma once
#include "asl/states/common.h"
#include "asl/value/payload.h"

namespace perdure::asl {

struct PassState {
  Payload
      result;  // compact JSON, literal: keys ending in ".$" mean nothing inside; absent: no Result
  ResultFields fields;  // parameters and result_path only
};

}  // namespace perdure::asl
