#include "base/ids.h"

#include <algorithm>
#include <charconv>

namespace perdure {
namespace {

// What a timed UUID has beside its moment and its random bits. The moment's first byte is 1.
constexpr uint64_t timed_mark = 0x8d5c;                   // version 8, then a mark
constexpr uint64_t timed_variant = uint64_t{0xb6} << 56;  // variant 1, then a mark
constexpr int64_t first_timed_ms = int64_t{1} << 40;
constexpr int64_t last_timed_ms = (int64_t{2} << 40) - 1;
constexpr size_t uuid_length = 36;

std::string uuid_text(uint64_t high, uint64_t low) {
  static constexpr char digits[] = "0123456789abcdef";
  const uint64_t words[2] = {high, low};
  std::string text;
  text.reserve(uuid_length);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    text.push_back(digits[(words[i / 16] >> (60 - 4 * (i % 16))) & 15]);
  }
  return text;
}

// Lower-case digits only: the text that we make.
std::optional<uint64_t> hex_number(std::string_view digits) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  const bool lower = std::none_of(digits.begin(), digits.end(),
                                  [](char c) { return (c >= 'A' && c <= 'F') || c == '-'; });
  if (error != std::errc() || end != digits.data() + digits.size() || !lower) return std::nullopt;
  return number;
}

}  // namespace

std::string make_uuid(Random& random) {
  uint64_t high = random.next(), low = random.next();
  high = (high & ~uint64_t{0xf000}) | 0x4000;                // version 4
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant 1
  return uuid_text(high, low);
}

std::string uuid_of(const Sha256& digest) {
  uint64_t words[2] = {};
  for (size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | digest[i];
  words[0] = (words[0] & ~uint64_t{0xf000}) | 0x8000;                  // version 8
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant 1
  return uuid_text(words[0], words[1]);
}

std::string make_timed_uuid(Random& random, int64_t now_ms) {
  const int64_t moment = std::clamp(now_ms, first_timed_ms, last_timed_ms);
  return uuid_text(static_cast<uint64_t>(moment) << 16 | timed_mark,
                   timed_variant | random.next() >> 8);
}

std::optional<int64_t> time_of_uuid(std::string_view uuid) {
  if (uuid.size() != uuid_length || uuid[8] != '-' || uuid[13] != '-' || uuid[18] != '-' ||
      uuid[23] != '-') {
    return std::nullopt;
  }
  const auto first = hex_number(uuid.substr(0, 8)), second = hex_number(uuid.substr(9, 4));
  const auto mark = hex_number(uuid.substr(14, 4)), variant = hex_number(uuid.substr(19, 2));
  const auto third = hex_number(uuid.substr(21, 2)), fourth = hex_number(uuid.substr(24));
  if (!first || !second || !third || !fourth) return std::nullopt;
  if (mark != timed_mark || variant != timed_variant >> 56) return std::nullopt;
  const auto moment = static_cast<int64_t>(*first << 16 | *second);
  if (moment < first_timed_ms || moment > last_timed_ms) return std::nullopt;
  return moment;
}

}  // namespace perdure
