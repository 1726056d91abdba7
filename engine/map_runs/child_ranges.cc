#include "engine/map_runs/child_ranges.h"

#include <iterator>
#include <utility>

namespace perdure::engine {
namespace {

bool is_followed_by(int64_t index, const ChildRanges::Range& range, int64_t next_index,
                    const ChildRanges::Range& next) {
  return index + range.count == next_index && range.items == next.items &&
         range.first_item + range.count * range.items == next.first_item;
}

}  // namespace

void ChildRanges::add(int64_t index, Range range) {
  auto next = ranges_.lower_bound(index);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (is_followed_by(before->first, before->second, index, range)) {
      index = before->first;
      range.first_item = before->second.first_item;
      range.count += before->second.count;
      ranges_.erase(before);
    }
  }
  if (next != ranges_.end() && is_followed_by(index, range, next->first, next->second)) {
    range.count += next->second.count;
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, index, range);
}

std::optional<MapChild> ChildRanges::take(int64_t index) {
  auto found = ranges_.upper_bound(index);
  if (found == ranges_.begin()) return std::nullopt;
  --found;
  const auto [begin, range] = *found;
  const int64_t before = index - begin;
  if (before >= range.count) return std::nullopt;
  const MapChild child{range.first_item + before * range.items, range.items};
  ranges_.erase(found);
  if (before > 0) ranges_[begin] = {before, range.first_item, range.items};
  const int64_t behind = range.count - before - 1;
  if (behind > 0) ranges_[index + 1] = {behind, child.first_item + range.items, range.items};
  return child;
}

void ChildRanges::take_all(ChildRanges& other) {
  if (ranges_.empty()) return std::swap(ranges_, other.ranges_);
  for (const auto& [index, range] : other.ranges_) add(index, range);
  other.ranges_.clear();
}

}  // namespace perdure::engine
