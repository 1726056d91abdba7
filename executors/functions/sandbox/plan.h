#pragma once
// A sandbox as data: the system calls that make it, in order. Pure code computes a plan (layout.h);
// whoever becomes the worker makes the calls, in C++ (`run`) or in any other language that can call
// syscall(2): a plan has numbers and bytes only, and to_json gives it to the others.
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
  int64_t result = -1;              // what it returned, once made
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

struct Failure {
  const char* call = "";  // its name
  int error = 0;          // errno
};

// Makes the calls, up to the first that fails and may not. Allocates nothing, so that it may be
// called in the child of a process with threads. The list is written to.
std::optional<Failure> run(std::vector<Call>& calls);

// {"namespaces": N, "house": [CALL...], "worker": [CALL...]}, CALL = [name, number, may_fail,
// [ARGUMENT...]], ARGUMENT = a number | {"result": INDEX} | {"bytes": TEXT, "links": [[offset,
// INDEX | TEXT]...]}. A TEXT has one character of U+0000 to U+00FF for each byte (latin-1).
std::string to_json(const Plan& plan);
std::string to_json(const std::vector<Call>& calls);  // [CALL...]

}  // namespace perdure::executors::sandbox
