#pragma once
// Texts, numbers and moments on AWS's wires.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace perdure::executors {

// A string itself, anything else its JSON.
std::string scalar_text(const Json& value);

// A moment that a task gives (ISO 8601, or seconds), in the format of the wire: "iso8601",
// "unixTimestamp", "rfc822". What is no moment goes as it is.
std::string moment_text(const Json& value, std::string_view format);
Json moment_seconds(const Json& value);

// A moment of the wire in any of the three formats as a task sees it: "2026-11-21T05:07:49.123Z".
std::string moment_shown(const Json& value);

}  // namespace perdure::executors
