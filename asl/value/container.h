#pragma once
// How arrays and objects lie in the arena. For asl/value only.

#include <cstdint>
#include <span>
#include <string_view>

#include "asl/value/value.h"

namespace perdure::asl {

// The header of a container; its items or members follow. Between the header and the members of an
// object with many keys lies an index: an open hash table of positions.
struct Container {
  const char* source = nullptr;  // the text it was parsed from, if that is its compact form
  uint32_t source_bytes = 0;
  uint32_t slots = 0;  // of the index: a power of two, or 0 for no index

  std::string_view compact_source() const { return {source, source_bytes}; }
  uint32_t* index() { return reinterpret_cast<uint32_t*>(this + 1); }
  const uint32_t* index() const { return reinterpret_cast<const uint32_t*>(this + 1); }
  Value* items() { return reinterpret_cast<Value*>(this + 1); }
  const Value* items() const { return reinterpret_cast<const Value*>(this + 1); }
  Member* members() { return reinterpret_cast<Member*>(index() + slots); }
  const Member* members() const { return reinterpret_cast<const Member*>(index() + slots); }
};
static_assert(sizeof(Container) == 16);  // Value::items() knows it too

// The position of a key among `count` members, or `no_position`.
constexpr uint32_t no_position = UINT32_MAX;
uint32_t find_position(const Container& object, uint32_t count, std::string_view key);

// A copy of the items.
Container* make_array(std::span<const Value> items, Arena& arena);

// A copy of the members, whose keys may repeat: the last value stays, at the first one's place.
// `members` is left as what came of it; each key met again is handed to `repeated`.
using Repeated = void (*)(void* whom, std::string_view key);
Container* make_object(std::span<const Member>& members, Arena& arena, Repeated repeated,
                       void* whom);

}  // namespace perdure::asl
