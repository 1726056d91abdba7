#pragma once
// Texts by their characters (code points). A lone surrogate, which only an escape in an expression
// can make, is held as the three bytes that UTF-8 would have for it.

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

// Limits below zero are the caller's to refuse (D3011, D3020, D3040). Of a limit's fraction each
// function makes what the reference does.
constexpr double no_limit = std::numeric_limits<double>::infinity();
constexpr size_t no_size_limit = std::numeric_limits<size_t>::max();

size_t length(std::string_view text);

// $substring: `start` below zero counts from the end, from the beginning if that is before it.
// Fractions are cut off. A view of `text`.
std::string_view substring(std::string_view text, double start, std::optional<double> length = {});
// All of `text` where `part` is not in it. Views of `text`.
std::string_view substring_before(std::string_view text, std::string_view part);
std::string_view substring_after(std::string_view text, std::string_view part);

// $pad: up to `width` characters, on the right; on the left for a negative width. Fractions are cut
// off; empty `fill` is a space. The caller has checked that the result is not too large:
std::string pad(std::string_view text, double width, std::string_view fill = {});
// The bytes of what pad() would return.
double padded_size(std::string_view text, double width, std::string_view fill = {});

// $trim: runs of space, tab, CR and LF become one space; none at the ends.
std::string trim(std::string_view text);

// Every character by itself with Unicode's mapping to one or several others, whatever the locale.
std::string uppercase(std::string_view text);
std::string lowercase(std::string_view text);

// $split by a text; an empty separator gives the characters. Views of `text`. `limit`: of parts.
std::vector<std::string_view> split(std::string_view text, std::string_view separator,
                                    double limit = no_limit);
// $replace of a text (not empty: D3010 is the caller's) by another; `limit`: how many times. Ends
// early once the result is longer than `max_bytes`: it is the caller's to refuse.
std::string replace(std::string_view text, std::string_view pattern, std::string_view replacement,
                    double limit = no_limit, size_t max_bytes = no_size_limit);

}  // namespace perdure::asl::jsonata::text
