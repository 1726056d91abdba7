#pragma once
// Children of a map run by their indexes. Those that stand side by side and have as many items each
// take one place together, however many they are.

#include <cstdint>
#include <map>
#include <optional>

namespace perdure::engine {

struct MapChild {
  int64_t first_item = 0;
  int64_t items = 0;
};

class ChildRanges {
 public:
  struct Range {
    int64_t count = 0;       // of children
    int64_t first_item = 0;  // of the first one
    int64_t items = 0;       // of each
  };

  bool empty() const { return ranges_.empty(); }
  int64_t first() const { return ranges_.begin()->first; }  // the lowest index; never of none
  void add(int64_t index, MapChild child) { add(index, Range{1, child.first_item, child.items}); }
  void add(int64_t index, Range range);
  // Takes it out; nothing if it is not there.
  std::optional<MapChild> take(int64_t index);
  // All of the other's, which is empty then.
  void take_all(ChildRanges& other);
  const std::map<int64_t, Range>& ranges() const { return ranges_; }

 private:
  std::map<int64_t, Range> ranges_;  // by the index of the first one; they do not overlap
};

}  // namespace perdure::engine
