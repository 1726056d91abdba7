#include "engine/schedules/cron_field.h"

#include <algorithm>
#include <cctype>

namespace perdure::engine {
namespace {

struct Range {
  int first = 0;
  int last = 0;
  int step = 1;
};

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

std::optional<Range> parse_bounds(std::string_view text, const CronField& field, bool has_step) {
  if (text == "*") return Range{field.low, field.high};
  const size_t dash = text.find('-');
  const auto first = parse_cron_value(text.substr(0, dash), field);
  if (!first) return std::nullopt;
  // "5/15" goes on to the end of the field, "5" is itself only.
  if (dash == std::string_view::npos) return Range{*first, has_step ? field.high : *first};
  const auto last = parse_cron_value(text.substr(dash + 1), field);
  if (!last || (*last < *first && !field.wraps)) return std::nullopt;
  return Range{*first, *last};
}

std::optional<Range> parse_range(std::string_view text, const CronField& field) {
  const size_t slash = text.find('/');
  const bool has_step = slash != std::string_view::npos;
  auto range = parse_bounds(text.substr(0, slash), field, has_step);
  if (!range || !has_step) return range;
  const auto step = parse_number(text.substr(slash + 1));
  if (!step || *step < 1 || *step > field.max_step) return std::nullopt;
  range->step = *step;
  return range;
}

void add_values(const Range& range, const CronField& field, std::vector<int>& values) {
  const int size = field.high - field.low + 1;
  const int length = (range.last - range.first + size) % size;
  for (int offset = 0; offset <= length; offset += range.step) {
    values.push_back(field.low + (range.first - field.low + offset) % size);
  }
}

}  // namespace

std::optional<int> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> parse_cron_value(std::string_view text, const CronField& field) {
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (same_name(text, field.names[i])) return field.low + static_cast<int>(i);
  }
  const auto number = parse_number(text);
  if (!number || *number < field.low || *number > field.high) return std::nullopt;
  return number;
}

std::optional<std::vector<int>> parse_cron_field(std::string_view text, const CronField& field) {
  std::vector<int> values;
  for (const std::string_view part : split(text, ',')) {
    const auto range = parse_range(part, field);
    if (!range) return std::nullopt;
    add_values(*range, field, values);
  }
  return values;
}

}  // namespace perdure::engine
