#include "base/ids.h"

namespace perdure {

namespace {

std::string uuid_text(uint64_t high, uint64_t low, uint64_t version) {
  static constexpr char digits[] = "0123456789abcdef";
  uint64_t words[2] = {high, low};
  words[0] = (words[0] & ~uint64_t{0xf000}) | version << 12;
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant 1
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    text.push_back(digits[(words[i / 16] >> (60 - 4 * (i % 16))) & 15]);
  }
  return text;
}

}  // namespace

std::string make_uuid(Random& random) {
  const uint64_t high = random.next();
  return uuid_text(high, random.next(), 4);
}

std::string uuid_of(const Sha256& digest) {
  uint64_t words[2];
  for (int i = 0; i < 2; ++i) {
    words[i] = 0;
    for (int j = 0; j < 8; ++j) words[i] = words[i] << 8 | digest[static_cast<size_t>(8 * i + j)];
  }
  return uuid_text(words[0], words[1], 8);
}

}  // namespace perdure
