#pragma once
// The calls of a plan (plan.h) as bytes, and who makes them: in the child of the spawner, and in
// that of a zygote, whose memory is another program's. Nothing here needs more than the C library.
//
// Numbers are of this machine's own byte order.
//   list:     u32 count, call...
//   call:     u8 size of the name with its NUL, name, u32 number, u8 may_fail, u8 count,
//   argument... argument: u8 kind, then: number i64 | result u32 | bytes: u32 size, u8 count,
//   link..., bytes link:     u32 offset, i32 result_of, and below 0: u32 size, the bytes that it
//   points at

#include <stddef.h>
#include <stdint.h>

namespace perdure::executors::sandbox {

inline constexpr size_t most_calls = 512;

struct Failure {
  const char* call = nullptr;  // the name of the call, in the bytes; null: none failed
  int error = 0;               // errno
};

// Makes the calls, up to the first that fails and may not. Allocates nothing. The bytes are written
// to, and those that calls are given lie in them.
Failure make_calls(char* bytes, size_t size);

}  // namespace perdure::executors::sandbox
