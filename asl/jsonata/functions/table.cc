#include <algorithm>
#include <vector>

#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata {
namespace {

using namespace functions;

// Name, signature, arguments that a higher-order function passes, and the function. Sorted by name.
constexpr Builtin common[] = {
    {"abs", "<n-:n>", 1, abs},
    {"append", "<xx:a>", 2, append},
    {"assert", "<bs?:x>", 2, assertion},
    {"average", "<a<n>:n>", 1, average},
    {"base64decode", "<s-:s>", 1, base64decode},
    {"base64encode", "<s-:s>", 1, base64encode},
    {"boolean", "<x-:b>", 1, boolean},
    {"ceil", "<n-:n>", 1, ceil},
    {"clone", "<(oa)-:o>", 1, clone},
    {"contains", "<s-(sf):b>", 2, contains},
    {"count", "<a:n>", 1, count},
    {"decodeUrl", "<s-:s>", 1, decode_url},
    {"decodeUrlComponent", "<s-:s>", 1, decode_url_component},
    {"distinct", "<x:x>", 1, distinct},
    {"each", "<o-f:a>", 2, each},
    {"encodeUrl", "<s-:s>", 1, encode_url},
    {"encodeUrlComponent", "<s-:s>", 1, encode_url_component},
    {"error", "<s?:x>", 1, error},
    {"eval", "<sx?:x>", 2, eval},
    {"exists", "<x:b>", 1, exists},
    {"filter", "<af>", 2, filter},
    {"floor", "<n-:n>", 1, floor},
    {"formatBase", "<n-n?:s>", 2, format_base},
    {"formatInteger", "<n-s:s>", 2, format_integer},
    {"formatNumber", "<n-so?:s>", 3, format_number},
    {"fromMillis", "<n-s?s?:s>", 3, from_millis},
    {"join", "<a<s>s?:s>", 2, join},
    {"keys", "<x-:a<s>>", 1, keys},
    {"length", "<s-:n>", 1, length},
    {"lookup", "<x-s:x>", 2, lookup},
    {"lowercase", "<s-:s>", 1, lowercase},
    {"map", "<af>", 2, map},
    {"match", "<s-f<s:o>n?:a<o>>", 3, match},
    {"max", "<a<n>:n>", 1, max},
    {"merge", "<a<o>:o>", 1, merge},
    {"millis", "<:n>", 0, millis},
    {"min", "<a<n>:n>", 1, min},
    {"not", "<x-:b>", 1, negated},
    {"now", "<s?s?:s>", 2, now},
    {"number", "<(nsb)-:n>", 1, functions::number},
    {"pad", "<s-ns?:s>", 3, pad},
    {"parseInteger", "<s-s:n>", 2, parse_integer},
    {"power", "<n-n:n>", 2, power},
    {"random", "<:n>", 0, functions::random},
    {"reduce", "<afj?:j>", 3, reduce},
    {"replace", "<s-(sf)(sf)n?:s>", 4, replace},
    {"reverse", "<a:a>", 1, reverse},
    {"round", "<n-n?:n>", 2, round},
    {"shuffle", "<a:a>", 1, shuffle},
    {"sift", "<o-f?:o>", 2, sift},
    {"single", "<af?>", 2, single},
    {"sort", "<af?:a>", 2, sort},
    {"split", "<s-(sf)n?:a<s>>", 3, split},
    {"spread", "<x-:a<o>>", 1, spread},
    {"sqrt", "<n-:n>", 1, sqrt},
    {"string", "<x-b?:s>", 1, string},
    {"substring", "<s-nn?:s>", 3, substring},
    {"substringAfter", "<s-s:s>", 2, substring_after},
    {"substringBefore", "<s-s:s>", 2, substring_before},
    {"sum", "<a<n>:n>", 1, sum},
    {"toMillis", "<s-s?:n>", 2, to_millis},
    {"trim", "<s-:s>", 1, trim},
    {"type", "<x:s>", 1, type},
    {"uppercase", "<s-:s>", 1, uppercase},
    {"zip", "<a+>", 0, zip},
};

// $partition checks its arguments itself: of an array it takes any items, but null is none.
constexpr Builtin of_aws[] = {
    {"hash", "<s?s?:s>", 2, hash},
    {"parse", "<s?:x>", 1, parse},
    {"partition", "", 2, partition},
    {"random", "<n?:n>", 1, seeded_random},
    {"range", "<nnn?:a<n>>", 3, functions::range},
    {"uuid", "<:s>", 0, uuid},
};

// A table as values, with the signatures read.
struct Table {
  struct Entry {
    Native native;
    Signature signature;
  };
  std::vector<Entry> entries;

  explicit Table(std::span<const Builtin> builtins) {
    for (const Builtin& builtin : builtins) {
      entries.push_back(
          {{{FunctionType::native}, &builtin},
           builtin.signature.empty() ? Signature() : *Signature::parse(builtin.signature)});
    }
  }
  const Entry* find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(
        entries, name, {}, [](const Entry& e) { return e.native.builtin->name; });
    return found != entries.end() && found->native.builtin->name == name ? &*found : nullptr;
  }
};

// Constants: made when first asked for, the same ever after.
const Table& common_table() {
  static const Table table(common);
  return table;
}

const Table& aws_table() {
  static const Table table(of_aws);
  return table;
}

}  // namespace

Value find_function(std::string_view name, Mode mode) {
  if (mode == Mode::aws) {
    if (name == "eval") return Value();
    if (const auto* const entry = aws_table().find(name)) return Value::function(&entry->native);
  }
  const auto* const entry = common_table().find(name);
  return entry ? Value::function(&entry->native) : Value();
}

const Signature* signature_of(const Builtin& builtin) {
  if (builtin.signature.empty()) return nullptr;
  const bool is_common = &builtin >= std::begin(common) && &builtin < std::end(common);
  if (is_common) return &common_table().entries[static_cast<size_t>(&builtin - common)].signature;
  return &aws_table().entries[static_cast<size_t>(&builtin - of_aws)].signature;
}

}  // namespace perdure::asl::jsonata
