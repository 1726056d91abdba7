#pragma once
// JSON for definitions, API bodies, settings and tests. What executions carry is asl::Value.
// Text goes in and out through these two functions only. nlohmann's class is instantiated in
// json.cc and nowhere else: a third of the time that a file with JSON takes to compile.

// Without this a Json turns into anything silently (an Error too, which makes Result<Json>
// ambiguous): values are taken out by get<T>().
#define JSON_USE_IMPLICIT_CONVERSIONS 0
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure {

using Json = nlohmann::json;

inline constexpr int max_json_depth = 512;

// Refuses, as `SerializationException` with line and column: anything but one JSON text, invalid
// UTF-8, numbers beyond a double, nesting deeper than max_json_depth (before anything is built).
Result<Json> parse_json(std::string_view text);
// Compact. Invalid UTF-8 is written as U+FFFD. Never throws; the value was parsed by parse_json or
// built by us, hence is not deep.
std::string dump_json(const Json& value);

}  // namespace perdure

extern template class nlohmann::basic_json<>;
