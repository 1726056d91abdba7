#include "executors/functions/bridge/log_frames.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace perdure::executors::bridge {
namespace {

constexpr uint32_t frame_mark = 0xa55a0000;
constexpr uint32_t type_without_moment = 0xa55a0001;

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

std::string LogFrames::lines_of(std::string_view bytes) {
  buffer_ += bytes;
  std::string lines;
  while (buffer_.size() >= 8) {
    const uint32_t type = number_at(buffer_, 0);
    if ((type & 0xffff0000) != frame_mark) {
      lines += std::exchange(buffer_, {});
      break;
    }
    const size_t head = type == type_without_moment ? 8 : 16;
    const size_t length = number_at(buffer_, 4);
    if (buffer_.size() < head + length) break;
    std::string entry = buffer_.substr(head, length);
    buffer_.erase(0, head + length);
    while (entry.ends_with('\n')) entry.pop_back();
    std::replace(entry.begin(), entry.end(), '\n', '\r');
    lines += entry + "\n";
  }
  return lines;
}

}  // namespace perdure::executors::bridge
