#pragma once
#include <cstdint>
#include <variant>

#include "asl/states/common.h"

namespace perdure::asl {

struct WaitState {
  struct Seconds {
    int64_t seconds;
  };
  struct SecondsPath {
    PathExpression path;
  };
  struct Timestamp {
    int64_t moment_ms;
  };  // UTC
  struct TimestampPath {
    PathExpression path;
  };
  struct SecondsQuery {
    Query query;
  };
  struct TimestampQuery {
    Query query;
  };
  std::variant<Seconds, SecondsPath, Timestamp, TimestampPath, SecondsQuery, TimestampQuery> until;
};

}  // namespace perdure::asl
