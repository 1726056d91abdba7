#include "asl/jsonata/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "asl/jsonata/text/regex_syntax.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr uint32_t heap_limit_kib = 16 * 1024;
constexpr uint32_t nested_groups = 200;
// That many characters are passed in the time of one step.
constexpr int64_t characters_per_step = 32;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

PCRE2_SPTR bytes(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> room{};
  pcre2_get_error_message(code, room.data(), room.size());
  return reinterpret_cast<const char*>(room.data());
}

Fault not_a_regex(std::string_view pattern, std::string_view why) {
  std::string message = "Invalid regular expression: /";
  return fault("", message.append(pattern).append("/: ").append(why));
}

// The text with other characters of the same length where it is not UTF-8.
std::string mended(std::string_view text) {
  std::string out(text);
  char* const end = out.data() + out.size();
  for (char* at = out.data(); at < end;) {
    if (const uint32_t bytes = well_formed_utf8(at, end); bytes != 0) {
      at += bytes;
    } else if (static_cast<unsigned char>(*at) == 0xed && end - at >= 3) {
      at = std::copy_n("\xef\xbf\xbd", 3, at);  // a lone surrogate
    } else {
      *at++ = '?';
    }
  }
  return out;
}

}  // namespace

struct Regex::Code {
  std::string pattern;  // as written
  RegexSyntax syntax;
  Owned<pcre2_code, pcre2_code_free> code;
};

Outcome<Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
  const bool ignore_case = flags.find('i') != flags.npos;
  const bool multiline = flags.find('m') != flags.npos;
  if (flags.size() != static_cast<size_t>(ignore_case) + static_cast<size_t>(multiline)) {
    return fault("", "Invalid flags supplied to RegExp constructor '" + std::string(flags) + "'");
  }
  if (!valid_utf8(pattern)) return not_a_regex(pattern, "Lone surrogate");
  auto made = std::make_shared<Code>();
  made->pattern = pattern;
  PD_TRY(syntax, translate_regex(pattern, multiline));
  made->syntax = std::move(syntax);

  const Owned<pcre2_compile_context, pcre2_compile_context_free> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), nested_groups);
  // Without possessive repeats, all that a match gives back passes a callout.
  const uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |
                           PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS |
                           (ignore_case ? PCRE2_CASELESS : 0);
  int code = 0;
  PCRE2_SIZE place = 0;
  const std::string& translated = made->syntax.pattern;
  made->code.reset(
      pcre2_compile(bytes(translated), translated.size(), options, &code, &place, context.get()));
  if (!made->code) return not_a_regex(pattern, message_of(code));
  Regex out;
  out.code_ = std::move(made);
  return out;
}

const std::string& Regex::pattern() const { return code_->pattern; }

struct RegexSearch::State {
  std::shared_ptr<const Regex::Code> regex;
  std::string_view text;
  Budget& budget;
  std::string mended_text;
  std::string_view searched;  // text or mended_text
  size_t at = 0;
  size_t counted_bytes = 0, counted_units = 0;  // by utf16_index
  bool begun = false;
  int64_t steps_per_callout = 1;
  size_t last_callout = 0;  // where in the text
  Owned<pcre2_match_data, pcre2_match_data_free> data;
  Owned<pcre2_match_context, pcre2_match_context_free> context;

  // Sets what `data` holds. False where nothing matches any more.
  Outcome<bool> find();
  RegexMatch taken() const;
  static int on_callout(pcre2_callout_block* block, void* state);
};

RegexSearch::RegexSearch(const Regex& regex, std::string_view text, Budget& budget)
    : state_(new State{regex.code_, text, budget}) {
  State& state = *state_;
  state.searched = text;
  if (!valid_utf8(text)) {
    state.mended_text = mended(text);
    state.searched = state.mended_text;
  }
  const RegexSyntax& syntax = regex.code_->syntax;
  const size_t most =
      syntax.refers_back ? text.size() : std::min<size_t>(syntax.forced_repeats, text.size());
  state.steps_per_callout +=
      static_cast<int64_t>(most + syntax.pattern.size()) / characters_per_step;
  state.context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_heap_limit(state.context.get(), heap_limit_kib);
  pcre2_set_match_limit(state.context.get(), UINT32_MAX);
  pcre2_set_callout(state.context.get(), State::on_callout, &state);
}

RegexSearch::~RegexSearch() = default;

int RegexSearch::State::on_callout(pcre2_callout_block* block, void* whom) {
  State& state = *static_cast<State*>(whom);
  const size_t at = block->current_position;
  const size_t passed = at > state.last_callout ? at - state.last_callout : state.last_callout - at;
  state.last_callout = at;
  const int64_t steps =
      state.steps_per_callout + static_cast<int64_t>(passed) / characters_per_step;
  return state.budget.spend(steps) ? 0 : PCRE2_ERROR_CALLOUT;
}

Outcome<bool> RegexSearch::State::find() {
  if (!data) data.reset(pcre2_match_data_create_from_pattern(regex->code.get(), nullptr));
  const int found = pcre2_match(regex->code.get(), bytes(searched), searched.size(), at,
                                PCRE2_NO_UTF_CHECK, data.get(), context.get());
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  budget.steps = -1;  // Also for lack of memory.
  return fault("D1012");
}

RegexMatch RegexSearch::State::taken() const {
  const PCRE2_SIZE* const places = pcre2_get_ovector_pointer(data.get());
  RegexMatch match;
  match.first_byte = places[0];
  match.last_byte = std::max(places[0], places[1]);
  match.text = text.substr(match.first_byte, match.last_byte - match.first_byte);
  match.groups.resize(regex->syntax.groups);
  for (size_t i = 0; i < match.groups.size(); ++i) {
    const PCRE2_SIZE from = places[2 * i + 2];
    const PCRE2_SIZE to = places[2 * i + 3];
    if (from != PCRE2_UNSET) match.groups[i] = text.substr(from, to - from);
  }
  return match;
}

void RegexSearch::rest() { state_->data.reset(); }

size_t RegexSearch::held_bytes() const {
  constexpr size_t match_context_bytes = 256;  // about
  return sizeof(State) + match_context_bytes + state_->mended_text.size();
}

size_t RegexSearch::utf16_index(size_t byte) {
  State& state = *state_;
  if (byte < state.counted_bytes) state.counted_bytes = state.counted_units = 0;
  const std::string_view passed =
      state.text.substr(state.counted_bytes, byte - state.counted_bytes);
  state.counted_units += utf16_length(passed);
  state.counted_bytes = byte;
  return state.counted_units;
}

Outcome<std::optional<RegexMatch>> RegexSearch::next() {
  State& state = *state_;
  const bool first = !state.begun;
  state.begun = true;
  if (!first && state.at >= state.text.size()) return std::optional<RegexMatch>();
  PD_TRY(found, state.find());
  if (!found) {
    state.at = state.text.size();
    return std::optional<RegexMatch>();
  }
  RegexMatch match = state.taken();
  state.at = match.last_byte;
  if (!first && match.text.empty()) {
    return fault("D1004", json_text(state.regex->pattern));
  }
  return std::optional<RegexMatch>(std::move(match));
}

}  // namespace perdure::asl::jsonata::text
