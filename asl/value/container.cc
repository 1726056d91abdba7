#include "asl/value/container.h"

#include <algorithm>
#include <bit>
#include <new>

#include "asl/value/text_hash.h"

namespace perdure::asl {
namespace {

constexpr size_t linear_search_limit = 16;  // with more keys than this an object has an index

// The slot that holds the key's position, or the free one where it belongs. The order of an index
// is never seen.
uint32_t find_slot(const Container& object, std::string_view key) {
  const uint32_t mask = object.slots - 1;
  uint32_t slot = static_cast<uint32_t>(hash_text(key, &object)) & mask;
  for (;; slot = (slot + 1) & mask) {
    const uint32_t at = object.index()[slot];
    if (at == no_position || object.members()[at].key == key) return slot;
  }
}

// Whether no two of a few keys can be the same: each has a bit of its own, by its size and ends.
bool surely_differ(std::span<const Member> members) {
  uint64_t taken = 0;
  for (const Member& member : members) {
    const std::string_view key = member.key;
    if (key.empty()) return members.size() == 1;
    const size_t bit =
        key.size() + 5 * static_cast<uint8_t>(key.front()) + 11 * static_cast<uint8_t>(key.back());
    const uint64_t mask = uint64_t{1} << (bit % 64);
    if ((taken & mask) != 0) return false;
    taken |= mask;
  }
  return true;
}

Container* reserve_object(size_t members, Arena& arena) {
  const size_t slots = members <= linear_search_limit ? 0 : std::bit_ceil(members * 2);
  void* const room =
      arena.allocate(sizeof(Container) + slots * sizeof(uint32_t) + members * sizeof(Member));
  auto* const made = new (room) Container{.slots = static_cast<uint32_t>(slots)};
  std::fill_n(made->index(), slots, no_position);
  return made;
}

}  // namespace

uint32_t find_position(const Container& object, uint32_t count, std::string_view key) {
  if (object.slots > 0) return object.index()[find_slot(object, key)];
  const Member* const members = object.members();
  for (uint32_t i = 0; i < count; ++i) {
    if (members[i].key == key) return i;
  }
  return no_position;
}

Container* make_array(std::span<const Value> items, Arena& arena) {
  auto* const made = new (arena.allocate(sizeof(Container) + items.size_bytes())) Container();
  std::copy(items.begin(), items.end(), made->items());
  return made;
}

Container* make_object(std::span<const Member>& members, Arena& arena, Repeated repeated,
                       void* whom) {
  Container* const made = reserve_object(members.size(), arena);
  Member* const to = made->members();
  if (made->slots == 0 && surely_differ(members)) {
    std::copy(members.begin(), members.end(), to);
    members = {to, members.size()};
    return made;
  }
  uint32_t count = 0;
  for (const Member& member : members) {
    uint32_t* const slot = made->slots > 0 ? made->index() + find_slot(*made, member.key) : nullptr;
    const uint32_t at = slot ? *slot : find_position(*made, count, member.key);
    if (at == no_position) {
      if (slot) *slot = count;
      to[count++] = member;
    } else {
      to[at].value = member.value;
      repeated(whom, member.key);
    }
  }
  members = {to, count};
  return made;
}

}  // namespace perdure::asl
