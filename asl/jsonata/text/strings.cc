#include "asl/jsonata/text/strings.h"

#include <algorithm>
#include <cmath>

#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

bool is_surrogate_at(const char* at, const char* end) {
  const auto byte = [at](size_t i) { return static_cast<unsigned char>(at[i]); };
  return end - at >= 3 && byte(0) == 0xed && byte(1) >= 0xa0 && byte(1) < 0xc0 && byte(2) >> 6 == 2;
}

// The bytes of the character at `at`.
size_t character_size(const char* at, const char* end) {
  const uint32_t bytes = well_formed_utf8(at, end);
  if (bytes != 0) return bytes;
  return is_surrogate_at(at, end) ? 3 : 1;
}

// The byte at which character `n` begins; the end where there are fewer.
size_t byte_of(std::string_view text, size_t n) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  for (; n > 0 && at < end; --n) at += character_size(at, end);
  return static_cast<size_t>(at - begin);
}

// An end of JavaScript's slice: cut off towards zero, from the end if negative.
size_t slice_index(double index, size_t size) {
  if (std::isnan(index)) return 0;
  const double whole = std::trunc(index);
  const double last = static_cast<double>(size);
  return static_cast<size_t>(std::clamp(whole < 0 ? last + whole : whole, 0.0, last));
}

// How many characters pad() adds.
double missing(std::string_view text, double width) {
  const double padding = std::trunc(std::fabs(width) - static_cast<double>(length(text)));
  return padding > 0 ? padding : 0;
}

bool is_trimmed(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<std::string_view> characters(std::string_view text, double limit) {
  std::vector<std::string_view> out;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end && static_cast<double>(out.size()) < limit;) {
    const size_t bytes = character_size(at, end);
    out.emplace_back(at, bytes);
    at += bytes;
  }
  return out;
}

}  // namespace

size_t length(std::string_view text) {
  size_t count = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; at += character_size(at, end)) ++count;
  return count;
}

std::string_view substring(std::string_view text, double start, std::optional<double> length) {
  const size_t size = text::length(text);
  const double last = static_cast<double>(size);
  if (last + start < 0) start = 0;
  if (length && *length <= 0) return {};
  const double end = !length ? last : start >= 0 ? start + *length : last + start + *length;
  const size_t from = slice_index(start, size);
  const size_t to = slice_index(end, size);
  if (from >= to) return {};
  const size_t first_byte = byte_of(text, from);
  const std::string_view rest = text.substr(first_byte);
  return rest.substr(0, byte_of(rest, to - from));
}

std::string_view substring_before(std::string_view text, std::string_view part) {
  const size_t at = text.find(part);
  return at == text.npos ? text : text.substr(0, at);
}

std::string_view substring_after(std::string_view text, std::string_view part) {
  const size_t at = text.find(part);
  return at == text.npos ? text : text.substr(at + part.size());
}

double padded_size(std::string_view text, double width, std::string_view fill) {
  const double each = fill.empty() ? 1 : static_cast<double>(fill.size());
  const double characters = fill.empty() ? 1 : static_cast<double>(length(fill));
  const double count = missing(text, width);
  const double rest = std::fmod(count, characters);
  return static_cast<double>(text.size()) + (count - rest) / characters * each +
         static_cast<double>(byte_of(fill.empty() ? " " : fill, static_cast<size_t>(rest)));
}

std::string pad(std::string_view text, double width, std::string_view fill) {
  if (fill.empty()) fill = " ";
  const size_t size = length(fill);
  const auto count = static_cast<size_t>(missing(text, width));
  std::string padding;
  for (size_t i = 0; i < count / size; ++i) padding += fill;
  padding += fill.substr(0, byte_of(fill, count % size));
  return width < 0 ? padding.append(text) : std::string(text).append(padding);
}

std::string trim(std::string_view text) {
  while (!text.empty() && is_trimmed(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_trimmed(text.back())) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_trimmed(text[i])) {
      out += text[i];
    } else if (!is_trimmed(text[i + 1])) {  // The last character is not one to trim.
      out += ' ';
    }
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator,
                                    double limit) {
  limit = std::floor(limit);
  if (separator.empty()) return characters(text, limit);
  std::vector<std::string_view> out;
  for (size_t from = 0; static_cast<double>(out.size()) < limit;) {
    const size_t at = text.find(separator, from);
    out.push_back(text.substr(from, at == text.npos ? at : at - from));
    if (at == text.npos) break;
    from = at + separator.size();
  }
  return out;
}

std::string replace(std::string_view text, std::string_view pattern, std::string_view replacement,
                    double limit, size_t max_bytes) {
  std::string out;
  size_t from = 0;
  for (double count = 0; count < limit && out.size() <= max_bytes; ++count) {
    const size_t at = text.find(pattern, from);
    if (at == text.npos) break;
    out += text.substr(from, at - from);
    out += replacement;
    from = at + pattern.size();
  }
  out += text.substr(from);
  return out;
}

}  // namespace perdure::asl::jsonata::text
