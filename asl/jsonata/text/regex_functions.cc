// $contains, $split and $replace by a regular expression.

#include <algorithm>
#include <charconv>

#include "asl/jsonata/text/regex.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

struct Reference {
  size_t group = 0;  // from 1
  size_t digits = 0;
};

// The number of a group at the beginning of `text`, of at most as many digits as the number of
// groups has: of "$12" only the 1 counts where there are three groups.
Reference group_reference(std::string_view text, size_t groups) {
  size_t most = std::to_string(groups).size();
  Reference out;
  for (;; --most) {
    const char* const from = text.data();
    const char* const end = from + std::min(most, text.size());
    const auto read = std::from_chars(from, end, out.group);
    out.digits = read.ec == std::errc() ? static_cast<size_t>(read.ptr - from) : 0;
    if (out.group <= groups || most == 1) return out;
  }
}

}  // namespace

Outcome<bool> contains(std::string_view text, const Regex& pattern, Budget& budget) {
  PD_TRY(match, RegexSearch(pattern, text, budget).next());
  return match.has_value();
}

Outcome<std::vector<std::string_view>> split(std::string_view text, const Regex& separator,
                                             Budget& budget, double limit) {
  std::vector<std::string_view> out;
  RegexSearch search(separator, text, budget);
  PD_TRY(match, search.next());
  if (!match) {
    out.push_back(text);
    return out;
  }
  size_t from = 0;
  while (match && static_cast<double>(out.size()) < limit) {
    out.push_back(text.substr(from, match->first_byte - from));
    from = match->last_byte;
    PD_TRY(following, search.next());
    match = std::move(following);
  }
  if (static_cast<double>(out.size()) < limit) out.push_back(text.substr(from));
  return out;
}

Outcome<std::string> replace(std::string_view text, const Regex& pattern,
                             std::string_view replacement, Budget& budget, double limit,
                             size_t max_bytes) {
  if (limit <= 0) return std::string(text);
  std::string out;
  RegexSearch search(pattern, text, budget);
  PD_TRY(match, search.next());
  size_t from = 0;
  for (double count = 0; match && count < limit && out.size() <= max_bytes; ++count) {
    out += text.substr(from, match->first_byte - from);
    append_replacement(replacement, match->text, match->groups, out, max_bytes);
    from = match->last_byte;
    PD_TRY(following, search.next());
    match = std::move(following);
  }
  out += text.substr(from);
  return out;
}

void append_replacement(std::string_view replacement, std::string_view match,
                        const std::vector<std::optional<std::string_view>>& groups,
                        std::string& out, size_t max_bytes) {
  while (out.size() <= max_bytes) {
    const size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == replacement.npos) return;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
    } else if (replacement.starts_with('0')) {
      out += match;
      replacement.remove_prefix(1);
    } else if (const Reference to = group_reference(replacement, groups.size()); to.digits > 0) {
      if (to.group <= groups.size()) out += groups[to.group - 1].value_or("");
      replacement.remove_prefix(to.digits);
    } else {
      out += '$';
    }
  }
}

size_t utf16_index(std::string_view text, size_t byte) {
  return utf16_length(text.substr(0, byte));
}

}  // namespace perdure::asl::jsonata::text
