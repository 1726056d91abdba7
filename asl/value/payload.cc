#include "asl/value/payload.h"

namespace perdure::asl {

Result<Value> parse(const Payload& payload, Arena& arena) {
  if (!payload) return Value();
  arena.keep(payload.shared());
  return parse_json(payload.text(), arena);
}

}  // namespace perdure::asl
