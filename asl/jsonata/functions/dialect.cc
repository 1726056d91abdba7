// The functions that AWS adds (AWS, "Transforming data with JSONata in Step Functions"). What they
// do at the edges was reported as measured on AWS in August 2026.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "asl/jsonata/functions/functions.h"
#include "base/hash.h"

namespace perdure::asl::jsonata::functions {
namespace {

// Towards zero, and within an int64.
int64_t truncated(const Value& number) {
  if (number.is(Kind::integer)) return number.as_integer();
  const double d = std::trunc(number.as_double());
  if (!(d > -0x1p63)) return std::numeric_limits<int64_t>::min();
  if (d >= 0x1p63) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(d);
}

Value bad_argument(const Call& call, std::string_view code, int64_t index) {
  const Value failure = call.evaluator.fail(code);
  call.evaluator.fault().index = index;
  call.evaluator.fault().value2 = "\"arrays\"";
  return failure;
}

// A list of AWS's grows by half, and its old and new room must fit in a value together.
bool list_fits(uint64_t count, size_t value_bytes) {
  uint64_t room = 10, before = 0;
  while (room < count) {
    before = room;
    room += room / 2;
  }
  return (before + room) * 8 <= value_bytes;
}

// Whether a parsed document, whose depth is limited, has no number past a double.
bool finite_numbers(const Value& value) {
  if (value.is(Kind::number)) return std::isfinite(value.as_double());
  if (is_array(value)) return std::ranges::all_of(value.items(), finite_numbers);
  if (!value.is(Kind::object)) return true;
  return std::ranges::all_of(value.members(),
                             [](const Member& m) { return finite_numbers(m.value); });
}

}  // namespace

Value partition(const Call& call) {
  if (call.arguments.size() > 2) return bad_argument(call, "T0410", 3);
  const Value array = call[0];
  if (!array.defined()) return array;
  if (!is_array(array)) return bad_argument(call, "T0412", 1);
  if (call[1].defined() && !call[1].is_number()) return bad_argument(call, "T0410", 2);
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  const int64_t size = call[1].defined() ? truncated(call[1]) : static_cast<int64_t>(items.size());
  if (size < 0) return call.evaluator.fail("D3137", "Second argument must be zero or greater");
  if (size == 0 || items.empty()) return Value();
  Collector made(call.evaluator);
  for (size_t at = 0; at < items.size(); at += static_cast<size_t>(size)) {
    const size_t count = std::min(items.size() - at, static_cast<size_t>(size));
    JN_TRY(part, call.evaluator.array(items.subspan(at, count)));
    if (!made.push(part)) return again(call);
    if (static_cast<uint64_t>(size) > items.size()) break;
  }
  return made.array();
}

Value range(const Call& call) {
  if (!call[0].defined() || !call[1].defined() || !call[2].defined()) return Value();
  int64_t at = truncated(call[0]);
  const int64_t end = truncated(call[1]);
  const int64_t step = truncated(call[2]);
  if (step == 0 || (step > 0 ? at > end : at < end)) return Value();
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(end) - static_cast<uint64_t>(at)
                                     : static_cast<uint64_t>(at) - static_cast<uint64_t>(end);
  const uint64_t stride =
      step > 0 ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
  const uint64_t more = distance / stride;  // behind the first
  if (more >= std::numeric_limits<uint32_t>::max() ||
      !list_fits(more + 1, call.evaluator.limits().value_bytes)) {
    return call.evaluator.out_of(Evaluator::Bound::memory);
  }
  if (!call.evaluator.spend(static_cast<int64_t>(more))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  Collector made(call.evaluator);
  for (uint64_t i = 0;; ++i) {
    if (!made.push(Value::integer(at))) return again(call);
    if (i == more) break;
    at += step;
  }
  return made.sequence();
}

Value hash(const Call& call) {
  if (!call[0].defined() || !call[1].defined()) return Value();
  const auto digest = digest_hex(call[1].as_string(), call[0].as_string());
  if (!call.evaluator.spend(static_cast<int64_t>(call[0].size() / 16))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  if (digest) return call.evaluator.text(*digest);
  return call.evaluator.fail("D3137",
                             "Unsupported hash algorithm: " + std::string(call[1].as_string()));
}

// With a seed the first number of java.util.Random.
Value seeded_random(const Call& call) {
  if (!call[0].defined()) return functions::random(call);
  constexpr uint64_t multiplier = 0x5deece66dULL, mask = (uint64_t{1} << 48) - 1;
  uint64_t state = (static_cast<uint64_t>(truncated(call[0])) ^ multiplier) & mask;
  const auto bits = [&](int count) {
    state = (state * multiplier + 0xb) & mask;
    return state >> (48 - count);
  };
  const uint64_t high = bits(26);
  const uint64_t low = bits(27);
  return Value::number(static_cast<double>((high << 27) + low) * 0x1p-53);
}

Value uuid(const Call& call) {
  std::array<char, 16> bytes;
  for (size_t half = 0; half < 2; ++half) {
    const uint64_t random = call.evaluator.surroundings().random.next();
    for (size_t i = 0; i < 8; ++i) bytes[half * 8 + i] = static_cast<char>(random >> (8 * i));
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // the usual variant
  std::string out = hex(std::string_view(bytes.data(), bytes.size()));
  for (const size_t place : {8, 13, 18, 23}) out.insert(place, "-");
  return call.evaluator.text(out);
}

Value parse(const Call& call) {
  if (!call[0].defined()) return Value();
  const std::string_view text = call[0].as_string();
  if (!call.evaluator.spend(static_cast<int64_t>(text.size() / 4))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  std::vector<DuplicateKey> duplicates;
  auto parsed = parse_json(text, call.evaluator.arena(), {}, duplicates);
  if (!parsed) {
    return call.evaluator.fail(
        "D3137", "Invalid JSON: " + std::string(without_location(parsed.error().cause)));
  }
  if (!duplicates.empty()) {
    return call.evaluator.fail("D3137",
                               "Invalid JSON: Duplicate field '" + duplicates[0].key + "'");
  }
  if (!finite_numbers(*parsed)) {
    return call.evaluator.fail("D3137", "Invalid JSON: a number is out of range");
  }
  return *parsed;
}

}  // namespace perdure::asl::jsonata::functions
