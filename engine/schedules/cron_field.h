#pragma once
// One field of a cron expression: what its numbers may be and how a list of ranges becomes a set.

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace perdure::engine {

struct CronField {
  int low = 0;
  int high = 0;
  int max_step = 0;
  std::span<const std::string_view> names = {};  // names[i] stands for low + i
  bool wraps = true;                             // FRI-MON, 22-2: over the end and on from `low`
};

namespace cron_fields {
inline constexpr std::array<std::string_view, 12> month_names = {
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
inline constexpr std::array<std::string_view, 7> day_names = {"SUN", "MON", "TUE", "WED",
                                                              "THU", "FRI", "SAT"};
inline constexpr CronField minutes{0, 59, 59};
inline constexpr CronField hours{0, 23, 23};
inline constexpr CronField days_of_month{1, 31, 31};
inline constexpr CronField months{1, 12, 12, month_names};
inline constexpr CronField days_of_week{1, 7, 7, day_names};
inline constexpr CronField years{1970, 2199, 229, {}, false};
}  // namespace cron_fields

// A number without sign or blanks, at most nine digits; nothing for any other text.
std::optional<int> parse_number(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

// One value of a field: a number within its bounds or a name in any case.
std::optional<int> parse_cron_value(std::string_view text, const CronField& field);

// The values that "*", "1,5", "8-18", "0/15", "*/2", "10-40/5" and lists of these name, ascending
// only within each part. Nothing for malformed text.
std::optional<std::vector<int>> parse_cron_field(std::string_view text, const CronField& field);

}  // namespace perdure::engine
