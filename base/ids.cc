#include "base/ids.h"

namespace perdure {

std::string make_uuid(Random& random) {
  static constexpr char digits[] = "0123456789abcdef";
  uint64_t words[2] = {random.next(), random.next()};
  words[0] = (words[0] & ~uint64_t{0xf000}) | 0x4000;                  // version 4
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant 1
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    text.push_back(digits[(words[i / 16] >> (60 - 4 * (i % 16))) & 15]);
  }
  return text;
}

}  // namespace perdure
