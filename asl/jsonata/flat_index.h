#pragma once
// Places in a list by what stands there: what a function needs that looks for equal things in a
// list it makes. Sixteen to 32 bytes a place.

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "asl/value/text_hash.h"

namespace perdure::asl::jsonata {

class FlatIndex {
 public:
  // The place of the equal one that was added before; else `place`, which is added.
  // `equal(other place)` compares what has the same hash.
  template <class Equal>
  uint32_t add(uint64_t hash, uint32_t place, Equal&& equal) {
    if (2 * count_ >= slots_.size()) grow();
    Slot& slot = slots_[find(hash, equal)];
    if (slot.place != none) return slot.place;
    slot = {static_cast<uint32_t>(hash), place};
    ++count_;
    return place;
  }
  // The place of an equal one, or `none`.
  template <class Equal>
  uint32_t at(uint64_t hash, Equal&& equal) const {
    return slots_.empty() ? none : slots_[find(hash, equal)].place;
  }
  uint64_t hash(std::string_view text) const { return hash_text(text, this); }
  size_t bytes() const { return slots_.size() * sizeof(Slot); }

  static constexpr uint32_t none = UINT32_MAX;

 private:
  struct Slot {
    uint32_t hash;
    uint32_t place = none;
  };

  template <class Equal>
  size_t find(uint64_t hash, Equal&& equal) const {
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.place == none) return i;
      if (slot.hash == static_cast<uint32_t>(hash) && equal(slot.place)) return i;
    }
  }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 16 : 2 * slots_.size());
    before.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : before) {
      if (slot.place == none) continue;
      size_t i = slot.hash & mask;
      while (slots_[i].place != none) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two
  size_t count_ = 0;
};

}  // namespace perdure::asl::jsonata
