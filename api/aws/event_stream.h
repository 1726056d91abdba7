#pragma once
// AWS's framing of answers that go on: application/vnd.amazon.eventstream. A message is its length,
// that of its headers, a checksum of these two, headers, payload, a checksum of all. Numbers are
// big-endian.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perdure::api {

inline constexpr std::string_view event_stream_type = "application/vnd.amazon.eventstream";

// Headers with text values; names and values stay below 256 and 65,536 bytes.
std::string event_stream_message(
    const std::vector<std::pair<std::string_view, std::string_view>>& headers,
    std::string_view payload);

// An event of a service's stream: ":event-type" names it.
std::string event_stream_event(std::string_view type, std::string_view content_type,
                               std::string_view payload);

}  // namespace perdure::api
