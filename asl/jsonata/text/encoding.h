#pragma once
// $encodeUrl and its like, $base64encode and $base64decode.

#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

// Everything but A-Z a-z 0-9 - _ . ! ~ * ' ( ) becomes %XX.
// D3140 for text with a lone surrogate. The faults name the function in `token`.
Outcome<std::string> encode_url_component(std::string_view text);
// Leaves also ; / ? : @ & = + $ , #.
Outcome<std::string> encode_url(std::string_view text);
// D3140 for broken escapes and for bytes that are not UTF-8.
Outcome<std::string> decode_url_component(std::string_view text);
// Leaves the escapes of the characters that encode_url leaves.
Outcome<std::string> decode_url(std::string_view text);

// Of the text's UTF-8 bytes. (The reference takes characters for bytes, so that it loses those past
// FF; for ASCII it is the same.)
std::string base64_encode(std::string_view text);
// Both alphabets, up to the first `=`. Other characters are skipped; bytes that are not UTF-8
// become U+FFFD.
std::string base64_decode(std::string_view text);

}  // namespace perdure::asl::jsonata::text
