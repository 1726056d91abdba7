#pragma once
// Text forms of moments. All moments are UTC milliseconds since 1970-01-01.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perdure {

std::string iso8601_ms(int64_t ms);  // "2026-11-21T05:07:49.123Z"
// ISO 8601 extended with an offset ("Z" or "+01:00"), seconds and fraction optional (a fraction of
// any length; digits past milliseconds are cut off), as Java's OffsetDateTime reads it. The
// language's timestamps (Wait, Choice) are of this form. Nothing for any other text.
std::optional<int64_t> parse_iso8601(std::string_view text);

}  // namespace perdure
