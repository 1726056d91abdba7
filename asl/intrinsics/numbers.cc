#include <limits>

#include "asl/intrinsics/functions.h"

namespace perdure::asl::intrinsics {
namespace {

// java.util.Random: the same seed gives the same numbers.
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed) : state_((static_cast<uint64_t>(seed) ^ multiplier) & mask) {}

  // Below `bound`, which is positive.
  int32_t below(int32_t bound) {
    int32_t bits = next(31);
    if ((bound & (bound - 1)) == 0) {
      return static_cast<int32_t>((static_cast<int64_t>(bound) * bits) >> 31);
    }
    // Numbers from the incomplete last round of the generator's range would favour the small ones.
    int32_t result = bits % bound;
    while (static_cast<int64_t>(bits) - result + (bound - 1) >
           std::numeric_limits<int32_t>::max()) {
      bits = next(31);
      result = bits % bound;
    }
    return result;
  }

 private:
  static constexpr uint64_t multiplier = 0x5DEECE66DULL;
  static constexpr uint64_t mask = (1ULL << 48) - 1;

  int32_t next(int bits) {
    state_ = (state_ * multiplier + 0xB) & mask;
    return static_cast<int32_t>(state_ >> (48 - bits));
  }

  uint64_t state_;
};

// Below `bound`, each number as likely as the others.
int64_t uniform_below(Random& random, int64_t bound) {
  const auto n = static_cast<uint64_t>(bound);
  const uint64_t excess = (std::numeric_limits<uint64_t>::max() % n + 1) % n;
  uint64_t bits = random.next();
  while (bits > std::numeric_limits<uint64_t>::max() - excess) bits = random.next();
  return static_cast<int64_t>(bits % n);
}

}  // namespace

Result<Value> math_add(Arguments arguments, Scope&) {
  PD_TRY(first, integer_at(arguments, 0));
  PD_TRY(second, integer_at(arguments, 1));
  const int64_t sum = first + second;
  if (sum < std::numeric_limits<int32_t>::min() || sum > std::numeric_limits<int32_t>::max()) {
    return failure("The sum is out of range: " + std::to_string(sum));
  }
  return Value::integer(sum);
}

// From the first number on, below the second.
Result<Value> math_random(Arguments arguments, Scope& scope) {
  PD_TRY(start, integer_at(arguments, 0));
  PD_TRY(end, integer_at(arguments, 1));
  const int64_t width = end - start;
  if (width <= 0) return failure("The start must be less than the end");
  if (arguments.size() < 3) return Value::integer(start + uniform_below(scope.random, width));
  PD_TRY(seed, integer_at(arguments, 2));
  if (width > std::numeric_limits<int32_t>::max()) {
    return failure("The range is too large for a seed");
  }
  return Value::integer(start + JavaRandom(seed).below(static_cast<int32_t>(width)));
}

}  // namespace perdure::asl::intrinsics
