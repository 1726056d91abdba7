#include "asl/jsonpath/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

namespace perdure::asl::jsonpath {
namespace {

constexpr uint32_t match_step_limit = 200'000;
constexpr uint32_t match_heap_limit_kib = 4 * 1024;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> room{};
  pcre2_get_error_message(code, room.data(), room.size());
  return reinterpret_cast<const char*>(room.data());
}

PCRE2_SPTR bytes(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct Regex::Code {
  Owned<pcre2_code, pcre2_code_free> pattern;
};

Result<Regex> Regex::compile(std::string_view pattern, bool ignore_case) {
  const Owned<pcre2_compile_context, pcre2_compile_context_free> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  const uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                           PCRE2_NEVER_BACKSLASH_C | (ignore_case ? PCRE2_CASELESS : 0);
  int code = 0;
  PCRE2_SIZE place = 0;
  auto made = std::make_shared<Code>();
  made->pattern.reset(
      pcre2_compile(bytes(pattern), pattern.size(), options, &code, &place, context.get()));
  if (!made->pattern) {
    return invalid("InvalidPathException",
                   "java.util.regex.PatternSyntaxException: " + message_of(code) + " near index " +
                       std::to_string(place) + "\n" + std::string(pattern));
  }
  Regex out;
  out.code_ = std::move(made);
  return out;
}

Result<bool> Regex::matches(std::string_view text) const {
  const Owned<pcre2_match_context, pcre2_match_context_free> context(
      pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), match_step_limit);
  pcre2_set_heap_limit(context.get(), match_heap_limit_kib);
  const Owned<pcre2_match_data, pcre2_match_data_free> data(pcre2_match_data_create(1, nullptr));
  const int found = pcre2_match(code_->pattern.get(), bytes(text), text.size(), 0,
                                PCRE2_NO_UTF_CHECK, data.get(), context.get());
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  return Error{ErrorKind::runtime, "InvalidPathException",
               "The regular expression cannot be matched: " + message_of(found)};
}

}  // namespace perdure::asl::jsonpath
