#pragma once
// Varints: seven bits a byte, the lowest first; the high bit says that more follow. Signed numbers
// are zigzag-coded.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perdure::engine::journal {

inline void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline void put_signed(std::string& out, int64_t value) {
  put_varint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

// Reads what the functions above wrote. Past the end or over-long: every later read gives zero or
// nothing, and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view data) : data_(data) {}

  bool ok() const { return ok_; }
  bool at_end() const { return data_.empty(); }

  uint8_t byte() {
    const std::string_view one = bytes(1);
    return one.empty() ? 0 : static_cast<uint8_t>(one[0]);
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t part = byte();
      value |= static_cast<uint64_t>(part & 0x7f) << shift;
      if (part < 0x80) return value;
    }
    fail();
    return 0;
  }
  int64_t signed_varint() {
    const uint64_t value = varint();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::string_view bytes(uint64_t count) {
    if (count > data_.size()) {
      fail();
      return {};
    }
    const std::string_view part = data_.substr(0, count);
    data_.remove_prefix(count);
    return part;
  }
  std::string_view text() { return bytes(varint()); }

 private:
  void fail() {
    ok_ = false;
    data_ = {};
  }

  std::string_view data_;
  bool ok_ = true;
};

}  // namespace perdure::engine::journal
