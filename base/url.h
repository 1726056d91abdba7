#pragma once
// Percent encoding and query strings (RFC 3986, and the form encoding of `+`).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perdure {

// Everything but A-Z a-z 0-9 - . _ ~ becomes %XX (upper case), as AWS's signatures want it; with
// `keep_slash` the slash stays too.
std::string percent_encode(std::string_view text, bool keep_slash = false);
// Nothing where a % is not followed by two hexadecimal digits. `+` stays.
std::optional<std::string> percent_decode(std::string_view text);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=x%20y&c" -> {a,1} {b,"x y"} {c,""}, in the order of the text; `+` is a space; empty parts
// are skipped. Nothing where the percent encoding is broken.
std::optional<QueryParameters> parse_query(std::string_view query);

}  // namespace perdure
