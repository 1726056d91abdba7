#pragma once
// The content of a file on the simulated disk: pages that copies share until one of them writes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace perdure::sim {

class Pages {
 public:
  uint64_t size() const { return size_; }
  // What lies beyond the end reads as zeros.
  void read(uint64_t offset, char* to, size_t bytes) const;
  void write(uint64_t offset, const char* from, size_t bytes);
  void resize(uint64_t size);  // zeros where it grows
  // Has the pages that the range touches in common with `other`, whole.
  void share(const Pages& other, uint64_t offset, size_t bytes);

 private:
  static constexpr size_t page_bytes = 4096;
  using Page = std::array<char, page_bytes>;

  void reach(uint64_t end);
  Page& page_to_write(size_t index, bool whole);

  std::vector<std::shared_ptr<Page>> pages_;  // null: zeros
  uint64_t size_ = 0;
};

}  // namespace perdure::sim
