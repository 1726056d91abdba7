#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace perdure::asl {

// Memory that is only ever given back as a whole: it lives as long as one state's evaluation.
// Everything placed in it is trivially destructible. Not thread-safe.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(size_t bytes, size_t alignment = 8);
  // Uninitialised room for n objects of T.
  template <class T>
  T* make_array(size_t n) {
    return static_cast<T*>(allocate(n * sizeof(T), alignof(T)));
  }
  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text);
  // Keeps `owner` alive as long as the arena, for values whose strings point into its text.
  void keep(std::shared_ptr<const void> owner) { kept_.push_back(std::move(owner)); }
  // Gives everything back but keeps one block, for the next evaluation.
  void reset();
  size_t bytes_used() const { return used_; }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size;
  };
  std::vector<Block> blocks_;
  std::vector<std::shared_ptr<const void>> kept_;
  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  size_t used_ = 0;
};

}  // namespace perdure::asl
