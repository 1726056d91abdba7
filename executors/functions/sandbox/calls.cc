#include "executors/functions/sandbox/calls.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

namespace perdure::executors::sandbox {
namespace {

// Reads bytes of our own making; what does not fit in them leaves `ok` false.
class Bytes {
 public:
  Bytes(char* at, size_t size) : at_(at), left_(size) {}

  char* take(size_t size) {
    if (size > left_) {
      ok = false;
      left_ = 0;
      return at_;
    }
    char* taken = at_;
    at_ += size;
    left_ -= size;
    return taken;
  }

  template <class Number>
  Number number() {
    Number value = 0;
    const char* from = take(sizeof value);
    if (ok) memcpy(&value, from, sizeof value);
    return value;
  }

  bool ok = true;

 private:
  char* at_;
  size_t left_;
};

struct Results {
  int64_t of[most_calls];
  size_t count = 0;
  bool has(int64_t index) const { return index >= 0 && static_cast<size_t>(index) < count; }
};

struct PlacedLink {
  uint32_t offset = 0;
  int32_t result_of = -1;
  char* pointee = nullptr;
};
constexpr size_t most_links = 8;

// Bytes with what is known only now filled in.
int64_t filled(Bytes& bytes, const Results& results) {
  const auto size = bytes.number<uint32_t>();
  const auto count = bytes.number<uint8_t>();
  PlacedLink links[most_links];
  if (count > most_links) bytes.ok = false;
  for (size_t i = 0; bytes.ok && i < count; ++i) {
    links[i].offset = bytes.number<uint32_t>();
    links[i].result_of = bytes.number<int32_t>();
    if (links[i].result_of < 0) links[i].pointee = bytes.take(bytes.number<uint32_t>());
  }
  char* data = bytes.take(size);
  for (size_t i = 0; bytes.ok && i < count; ++i) {
    const PlacedLink& link = links[i];
    const size_t room = link.pointee != nullptr ? sizeof link.pointee : sizeof(int32_t);
    if (link.offset + room > size || (link.pointee == nullptr && !results.has(link.result_of))) {
      bytes.ok = false;
    } else if (link.pointee != nullptr) {
      memcpy(data + link.offset, &link.pointee, room);
    } else {
      const auto result = static_cast<int32_t>(results.of[link.result_of]);
      memcpy(data + link.offset, &result, room);
    }
  }
  return reinterpret_cast<int64_t>(data);
}

int64_t word_of(Bytes& bytes, const Results& results) {
  switch (bytes.number<uint8_t>()) {
    case 0:
      return bytes.number<int64_t>();
    case 1: {
      const auto index = bytes.number<uint32_t>();
      if (results.has(index)) return results.of[index];
      break;
    }
    case 2:
      return filled(bytes, results);
  }
  bytes.ok = false;
  return 0;
}

}  // namespace

Failure make_calls(char* data, size_t size) {
  const Failure unreadable{"read the calls", EINVAL};
  Bytes bytes(data, size);
  Results results;
  const auto count = bytes.number<uint32_t>();
  if (!bytes.ok || count > most_calls) return unreadable;
  while (results.count < count) {
    const char* name = bytes.take(bytes.number<uint8_t>());
    const auto number = bytes.number<uint32_t>();
    const bool may_fail = bytes.number<uint8_t>() != 0;
    const auto arguments = bytes.number<uint8_t>();
    int64_t words[6] = {};
    if (arguments > 6) return unreadable;
    for (size_t i = 0; i < arguments; ++i) words[i] = word_of(bytes, results);
    if (!bytes.ok) return unreadable;
    const int64_t result =
        syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
    if (result < 0 && !may_fail) return {name, errno};
    results.of[results.count++] = result;
  }
  return {};
}

}  // namespace perdure::executors::sandbox
