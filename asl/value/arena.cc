#include "asl/value/arena.h"

#include <algorithm>
#include <cstring>

namespace perdure::asl {
namespace {

constexpr size_t first_block_bytes = 4 * 1024;
constexpr size_t largest_block_bytes = 1024 * 1024;

// `alignment` is a power of two: a division would take longer than all the rest.
size_t padding(const std::byte* at, size_t alignment) {
  return (0 - reinterpret_cast<uintptr_t>(at)) & (alignment - 1);
}

}  // namespace

void* Arena::allocate(size_t bytes, size_t alignment) {
  size_t skip = padding(at_, alignment);
  if (at_ == nullptr || skip + bytes > static_cast<size_t>(end_ - at_)) {
    const size_t last = blocks_.empty() ? first_block_bytes / 2 : blocks_.back().size;
    const size_t size = std::max(bytes + alignment, std::min(last * 2, largest_block_bytes));
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    at_ = blocks_.back().bytes.get();
    end_ = at_ + size;
    skip = padding(at_, alignment);
  }
  std::byte* const result = at_ + skip;
  at_ = result + bytes;
  used_ += bytes;
  return result;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {"", 0};
  char* const to = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void Arena::reset() {
  kept_.clear();
  used_ = 0;
  if (blocks_.empty()) return;
  // The largest block of ordinary size stays; one made for a single huge value does not.
  std::erase_if(blocks_, [](const Block& b) { return b.size > largest_block_bytes; });
  if (blocks_.empty()) {
    at_ = end_ = nullptr;
    return;
  }
  std::swap(blocks_.front(), blocks_.back());
  blocks_.resize(1);
  at_ = blocks_.front().bytes.get();
  end_ = at_ + blocks_.front().size;
}

}  // namespace perdure::asl
