#pragma once
// What the evaluator notes on its handles.

#include "asl/value/value.h"

namespace perdure::asl::jsonata {

enum Mark : uint8_t {
  is_sequence = 1,        // of an array: what a path selected, which one item alone stands for
  keeps_singleton = 2,    // one item alone stays an array
  is_cons = 4,            // an array written in brackets: paths do not flatten it
  is_tuple_stream = 8,    // the items are Tuples
  is_outer_wrapper = 16,  // holds the input, which is an array, as its only item
  is_range = 32,          // whole numbers that are not in memory
  is_thunk = 64,          // a call in tail position, which the caller's loop makes
  is_failure = 128,       // the evaluation has a fault
};

inline bool has(const Value& v, Mark mark) { return (v.marks() & mark) != 0; }
inline Value marked(const Value& v, uint8_t mark) {
  return v.with_marks(static_cast<uint8_t>(v.marks() | mark));
}
inline bool failed(const Value& v) { return has(v, is_failure); }
inline bool is_array(const Value& v) { return v.is(Kind::array); }

}  // namespace perdure::asl::jsonata

// JN_TRY(name, expression): declares `name` with the value, or returns it where it is a failure.
#define JN_TRY(name, ...)           \
  const Value name = (__VA_ARGS__); \
  if (failed(name)) return name
