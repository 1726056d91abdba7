#pragma once
// A sandbox as data: the system calls that make it, in order. Pure code computes a plan (layout.h);
// whoever becomes the worker makes the calls (calls.h).
//
// Two processes run it. The first one is in `namespaces` (by clone, or by unshare and fork) and
// becomes process 1 there: it makes the calls of `house` and then waits for the second, its child,
// whose end is the end of all. The second makes the calls of `worker` and becomes the program. A
// plan without namespaces has an empty house.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perdure::executors::sandbox {

// Bytes inside the bytes of an argument that are known only when the call is made.
struct Link {
  uint32_t offset = 0;
  int32_t result_of = -1;  // 4 bytes: what an earlier call of the same list returned; else
  std::string pointee;     // 8 bytes: the address of these
  bool operator==(const Link&) const = default;
};

struct Argument {
  enum class Kind : uint8_t { number, result, bytes };
  Kind kind = Kind::number;
  int64_t number = 0;  // of `result`: the index of the earlier call of the same list
  std::string bytes;   // a path or other text ends with its NUL
  std::vector<Link> links;
  bool operator==(const Argument&) const = default;
};

struct Call {
  std::string name;  // for whoever reads why it failed: "mount /proc"
  int64_t number = 0;
  std::vector<Argument> arguments;  // at most six
  bool may_fail = false;            // the sandbox is as good without it
  bool operator==(const Call&) const = default;
};

struct Plan {
  uint64_t namespaces = 0;  // CLONE_NEW*
  std::vector<Call> house, worker;
  bool empty() const { return namespaces == 0 && house.empty() && worker.empty(); }
  bool operator==(const Plan&) const = default;
};

inline Argument value(int64_t number) { return {.number = number}; }
inline Argument result_of(size_t call) {
  return {.kind = Argument::Kind::result, .number = static_cast<int64_t>(call)};
}
inline Argument text(std::string_view text) {
  return {.kind = Argument::Kind::bytes, .bytes = std::string(text) + '\0'};
}
// Of a structure: as the kernel reads it.
inline Argument bytes_of(const void* data, size_t size, std::vector<Link> links = {}) {
  return {.kind = Argument::Kind::bytes,
          .bytes = std::string(static_cast<const char*>(data), size),
          .links = std::move(links)};
}

// One list of both: what the second refers to by its index moves along.
std::vector<Call> joined(std::vector<Call> first, const std::vector<Call>& second);

// As calls.h describes it, which has the bounds too: of calls in a list, and of links.
std::string to_bytes(const std::vector<Call>& calls);

}  // namespace perdure::executors::sandbox
