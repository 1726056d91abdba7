#pragma once
// $fromMillis and $toMillis: moments as texts and back, by ISO 8601 or by the date pictures of
// XPath's fn:format-dateTime. Moments are UTC milliseconds since 1970-01-01.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"
#include "asl/scope.h"

namespace perdure::asl::jsonata::text {

// No picture: "2018-03-23T10:33:36.617Z". `timezone` is "+0100", "-0500"; empty is UTC.
// D3110 for a moment outside the years ±271821, D3130 to D3135 for a bad picture.
Outcome<std::string> format_millis(double millis, std::optional<std::string_view> picture = {},
                                   std::string_view timezone = {});

// No picture: ISO 8601, of which month, day and time (with its seconds) may be absent ("2017",
// "2017-10-30T15:28:34.5Z"); without an offset it is UTC. D3110 for any other text.
Outcome<double> parse_iso_millis(std::string_view text);

// By a picture. Nothing where the text does not fit it. A picture without a date means today, as
// `now_ms` has it (UTC). D3130 to D3136 for a bad picture; D1012 where the budget is used up.
Outcome<std::optional<double>> parse_millis(std::string_view text, std::string_view picture,
                                            int64_t now_ms, Budget& budget);

}  // namespace perdure::asl::jsonata::text
