// The first line as a pattern or picture, the rest as a text: each is refused with a code, or used
// within its budget.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/jsonata/messages.h"
#include "asl/jsonata/text/date_time.h"
#include "asl/jsonata/text/encoding.h"
#include "asl/jsonata/text/format_integer.h"
#include "asl/jsonata/text/format_number.h"
#include "asl/jsonata/text/numbers.h"
#include "asl/jsonata/text/regex.h"
#include "asl/jsonata/text/strings.h"
#include "asl/value/utf8.h"

using namespace perdure::asl;
using namespace perdure::asl::jsonata;

namespace {

constexpr double numbers[] = {0, -1, 12, 1234567.891, -0.05, 1e21, 5e-324, 1.7e308, 1521801216617};

template <class T>
void check_fault(const Outcome<T>& outcome) {
  if (!outcome) PD_ASSERT(!message_of(outcome.error()).empty());
}

void check_text(const Outcome<std::string>& outcome) {
  check_fault(outcome);
  if (outcome) PD_ASSERT(valid_utf8(*outcome));
}

void run_regex(std::string_view pattern, std::string_view text) {
  const auto regex = text::Regex::compile(pattern, text.size() % 2 == 0 ? "" : "im");
  check_fault(regex);
  if (!regex) return;
  Budget budget{20'000};
  text::RegexSearch search(*regex, text, budget);
  size_t at = 0;
  for (bool first = true;; first = false) {
    const auto match = search.next();
    check_fault(match);
    if (!match || !*match) break;
    PD_ASSERT((*match)->first_byte >= at && (*match)->last_byte <= text.size());
    PD_ASSERT(first || !(*match)->text.empty());
    at = (*match)->last_byte;
    for (const auto& group : (*match)->groups) PD_ASSERT(!group || text.find(*group) != text.npos);
  }
  Budget more{20'000};
  check_fault(text::replace(text, *regex, "<$0$1$$>", more));
  check_fault(text::split(text, *regex, more));
}

void run_pictures(std::string_view picture, std::string_view text) {
  for (const double number : numbers) {
    check_text(text::format_number(number, picture));
    check_text(text::format_integer(number, picture));
    check_text(text::format_millis(number, picture, "-0530"));
  }
  check_fault(text::parse_integer(text, picture));
  Budget budget{20'000};
  const auto moment = text::parse_millis(text, picture, 1521801216617, budget);
  check_fault(moment);
  if (moment && *moment) PD_ASSERT(std::fabs(**moment) < 9e15);
  // What a picture for whole numbers writes, it reads.
  if (const auto written = text::format_integer(12, picture); written) {
    PD_ASSERT(text::parse_integer(*written, picture).has_value());
  }
}

void run_strings(std::string_view part, std::string_view text) {
  const auto encoded = text::encode_url_component(text);
  check_fault(encoded);
  if (encoded) PD_ASSERT(*text::decode_url_component(*encoded) == text);
  check_text(text::decode_url(text));
  PD_ASSERT(text::base64_decode(text::base64_encode(text)) == text);
  PD_ASSERT(valid_utf8(text::base64_decode(text)));
  PD_ASSERT(valid_utf8(text::uppercase(text)) && valid_utf8(text::lowercase(text)));
  const double size = static_cast<double>(text::length(text));
  PD_ASSERT(text::substring(text, -size) == text);
  PD_ASSERT(text::length(text::pad(text, -size - 3, part)) == text::length(text) + 3);
  std::string joined;
  for (const auto each : text::split(text, part)) {
    if (!joined.empty() || each.data() != text.data()) joined += part;
    joined += each;
  }
  PD_ASSERT(joined == text);
  if (const auto number = text::parse_number(text); number && std::isfinite(*number)) {
    PD_ASSERT(*text::parse_number(text::js_number(*number)) == *number || *number >= 1e21 ||
              std::fabs(*number) < 1e-6);
  }
  check_fault(text::parse_iso_millis(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  const std::string_view first = input.substr(0, line);
  const std::string_view text = line == input.npos ? std::string_view() : input.substr(line + 1);
  run_regex(first, text);
  // Texts come from JSON, which has been checked; only regular expressions meet lone surrogates.
  if (!valid_utf8(input)) return 0;
  run_pictures(first, text);
  run_strings(first, text);
  return 0;
}
