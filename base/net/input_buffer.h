#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace perdure {

// Bytes read and not yet consumed, in one piece. Between `room` and `filled` a read may be under
// way into the room: until then `consume` is allowed, another `room` is not.
class InputBuffer {
 public:
  std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }

  void consume(size_t count) { begin_ += count; }

  std::span<char> room(size_t count) {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    // Grows for the moment only: many idle connections must not each keep a large buffer.
    if (bytes_.size() < end_ + count || (end_ == 0 && bytes_.size() > 4 * count)) {
      bytes_.resize(end_ + count);
      bytes_.shrink_to_fit();
    }
    return std::span(bytes_).subspan(end_, count);
  }
  void filled(size_t count) { end_ += count; }

 private:
  std::vector<char> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace perdure
