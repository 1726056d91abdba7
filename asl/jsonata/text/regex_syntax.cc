#include "asl/jsonata/text/regex_syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

// What JavaScript takes for white space, and the rest, as the inside of a class.
constexpr std::string_view space =
    R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"
    R"(\x{feff})";
constexpr std::string_view not_space =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view line_ends = R"([\n\r\x{2028}\x{2029}])";
constexpr std::string_view no_line_end = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view nothing = "(?!)";
constexpr std::string_view callout = "(?C)";

constexpr uint32_t lone_surrogate = 0xd800;  // stands for all of them: no text has any

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_surrogate(uint32_t code) { return code >= 0xd800 && code < 0xe000; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_character(uint32_t code, std::string& out) {
  std::array<char, 8> room{};
  const auto end = std::to_chars(room.begin(), room.end(), code, 16).ptr;
  out.append("\\x{").append(room.begin(), end) += '}';
}

// One element of a class: a character, or one of \d \D \w \W \s \S.
struct ClassAtom {
  uint32_t code = 0;
  std::string_view set;
};

class Translator {
 public:
  Translator(std::string_view pattern, bool multiline) : text_(pattern), multiline_(multiline) {}

  Outcome<RegexSyntax> run() {
    look_ahead_for_groups();
    out_.pattern = callout;
    while (at_ < text_.size() && why_.empty()) term();
    if (why_.empty() && !open_.empty()) why_ = "Unterminated group";
    if (why_.empty()) return std::move(out_);
    return fault("", "Invalid regular expression: /" + std::string(text_) + "/: " + why_);
  }

 private:
  enum class Repeatable : uint8_t { no, yes };

  bool more() const { return at_ < text_.size(); }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0; }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void emit(std::string_view text, Repeatable repeatable) {
    out_.pattern += text;
    repeatable_ = repeatable;
  }
  void emit_character(uint32_t code) {
    repeatable_ = Repeatable::yes;
    if (is_surrogate(code)) {
      out_.pattern += nothing;
    } else {
      append_character(code, out_.pattern);
    }
  }
  void fail(std::string_view why) {
    if (why_.empty()) why_ = why;
  }

  // Numbers and names of groups may be used before the group: they are found first.
  void look_ahead_for_groups() {
    bool in_class = false;
    for (size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (in_class) {
        in_class = text_[i] != ']';
      } else if (text_[i] == '[') {
        in_class = true;
      } else if (text_[i] == '(') {
        look_at_group(text_.substr(i + 1));
      }
    }
  }

  void look_at_group(std::string_view inside) {
    const bool special = inside.starts_with('?');
    const bool named =
        inside.starts_with("?<") && inside.size() > 2 && inside[2] != '=' && inside[2] != '!';
    if (special && !named) return;
    ++out_.groups;
    if (!named) return;
    const std::string_view name = inside.substr(2, inside.find('>') - 2);
    if (!names_.emplace(name, out_.groups).second) fail("Duplicate capture group name");
  }

  void term() {
    switch (const char c = text_[at_]) {
      case '^':
        ++at_;
        return emit(multiline_ ? "(?:^|(?<=" + std::string(line_ends) + "))" : "^", Repeatable::no);
      case '$':
        ++at_;
        return emit(multiline_ ? "(?:$|(?=" + std::string(line_ends) + "))" : "$", Repeatable::no);
      case '.':
        ++at_;
        return emit(no_line_end, Repeatable::yes);
      case '|':
        ++at_;
        return emit("|", Repeatable::no);
      case '(':
        return group();
      case ')':
        return end_group();
      case '[':
        return character_class();
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        return quantifier();
      default:
        if (c == '{' && quantifier_length() > 0) return quantifier();
        const CodePoint point = decode_utf8(text_.data() + at_, text_.data() + text_.size());
        at_ += point.bytes;
        if (is_letter(c) || is_digit(c)) return emit({&text_[at_ - 1], 1}, Repeatable::yes);
        return emit_character(point.code);
    }
  }

  // The length of {n}, {n,} or {n,m} at the place, or 0.
  size_t quantifier_length() const {
    size_t i = at_ + 1;
    const auto digits = [&] {
      const size_t from = i;
      while (i < text_.size() && is_digit(text_[i])) ++i;
      return i > from;
    };
    if (!digits()) return 0;
    if (i < text_.size() && text_[i] == ',') {
      ++i;
      digits();
    }
    return i < text_.size() && text_[i] == '}' ? i + 1 - at_ : 0;
  }

  void quantifier() {
    if (repeatable_ == Repeatable::no) return fail("Nothing to repeat");
    const size_t size = text_[at_] == '{' ? quantifier_length() : 1;
    const std::string_view written = text_.substr(at_, size);
    at_ += size;
    out_.pattern += written;
    if (take("?")) out_.pattern += '?';
    if (written.starts_with('{')) {
      uint32_t fewest = 0;
      std::from_chars(written.data() + 1, written.data() + size, fewest);
      out_.forced_repeats += fewest;
    }
    emit(callout, Repeatable::no);
  }

  void group() {
    ++at_;
    bool lookbehind = false;
    if (take("?:")) {
      out_.pattern += "(?:";
    } else if (take("?=") || take("?!")) {
      out_.pattern.append("(?") += text_[at_ - 1];
    } else if (take("?<=") || take("?<!")) {
      lookbehind = true;
      out_.pattern.append("(?<") += text_[at_ - 1];
    } else if (take("?<")) {
      const size_t close = text_.find('>', at_);
      if (close == text_.npos || close == at_) return fail("Invalid capture group name");
      at_ = close + 1;
      out_.pattern += '(';
    } else if (peek() == '?') {
      return fail("Invalid group");
    } else {
      out_.pattern += '(';
    }
    open_.push_back(lookbehind);
    emit(callout, Repeatable::no);
  }

  void end_group() {
    if (open_.empty()) return fail("Unmatched ')'");
    ++at_;
    emit(")", open_.back() ? Repeatable::no : Repeatable::yes);
    open_.pop_back();
  }

  void escape() {
    if (at_ + 1 == text_.size()) return fail("\\ at end of pattern");
    switch (const char c = peek(1)) {
      case 'b':
      case 'B':
        at_ += 2;
        return emit({&text_[at_ - 2], 2}, Repeatable::no);
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        at_ += 2;
        return emit({&text_[at_ - 2], 2}, Repeatable::yes);
      case 's':
      case 'S':
        at_ += 2;
        out_.pattern.append(c == 's' ? "[" : "[^").append(space);
        return emit("]", Repeatable::yes);
      case 'k':
        if (!names_.empty()) return named_reference();
        break;
      default:
        if (c >= '1' && c <= '9' && back_reference()) return;
    }
    ++at_;
    emit_character(escaped_character(false));
  }

  void named_reference() {
    at_ += 2;
    const size_t close = text_.find('>', at_);
    if (!take("<") || close == text_.npos) return fail("Invalid named reference");
    const auto found = names_.find(text_.substr(at_, close - at_));
    if (found == names_.end()) return fail("Invalid named capture referenced");
    at_ = close + 1;
    refer_to(found->second);
  }

  // \1 is a reference only if there are as many groups.
  bool back_reference() {
    uint32_t number = 0;
    const char* const from = text_.data() + at_ + 1;
    const auto read = std::from_chars(from, text_.data() + text_.size(), number);
    if (read.ec != std::errc() || number > out_.groups) return false;
    at_ += 1 + static_cast<size_t>(read.ptr - from);
    refer_to(number);
    return true;
  }

  void refer_to(uint32_t number) {
    out_.refers_back = true;
    emit("\\g{" + std::to_string(number) + "}", Repeatable::yes);
  }

  // `digits` hexadecimal digits at the place, taken if they are all there.
  std::optional<uint32_t> take_hex(size_t digits) {
    uint32_t code = 0;
    for (size_t i = 0; i < digits; ++i) {
      const int digit = hex_digit(peek(i));
      if (digit < 0) return std::nullopt;
      code = code << 4 | static_cast<uint32_t>(digit);
    }
    at_ += digits;
    return code;
  }

  uint32_t unicode_escape() {
    const auto high = take_hex(4);
    if (!high) return 'u';
    if (!is_surrogate(*high)) return *high;
    const size_t behind = at_;
    if (*high < 0xdc00 && take("\\u")) {
      const auto low = take_hex(4);
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        return 0x10000 + ((*high - 0xd800) << 10) + (*low - 0xdc00);
      }
      at_ = behind;
    }
    return lone_surrogate;
  }

  uint32_t octal_escape(char first) {
    auto code = static_cast<uint32_t>(first - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
      if (code * 8 > 0377) break;
      code = code * 8 + static_cast<uint32_t>(text_[at_++] - '0');
    }
    return code;
  }

  // The character behind a backslash that stands for one. The place is behind the backslash.
  uint32_t escaped_character(bool in_class) {
    const CodePoint point = decode_utf8(text_.data() + at_, text_.data() + text_.size());
    at_ += point.bytes;
    switch (const char c = static_cast<char>(point.code < 0x80 ? point.code : 0)) {
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'v':
        return '\v';
      case 'b':
        return in_class ? '\b' : 'b';
      case 'x':
        return take_hex(2).value_or('x');
      case 'u':
        return unicode_escape();
      case 'c': {
        const char letter = peek();
        const bool control = is_letter(letter) || (in_class && (is_digit(letter) || letter == '_'));
        if (control) return static_cast<uint32_t>(text_[at_++]) & 31;
        --at_;  // A backslash that stands for itself; the c comes next.
        return '\\';
      }
      default:
        return c >= '0' && c <= '7' && point.code != 0 ? octal_escape(c) : point.code;
    }
  }

  ClassAtom class_atom() {
    if (text_[at_] != '\\') {
      const CodePoint point = decode_utf8(text_.data() + at_, text_.data() + text_.size());
      at_ += point.bytes;
      return {point.code, {}};
    }
    if (at_ + 1 == text_.size()) {
      fail("\\ at end of pattern");
      ++at_;
      return {};
    }
    switch (const char c = peek(1)) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        at_ += 2;
        return {0, text_.substr(at_ - 2, 2)};
      case 's':
      case 'S':
        at_ += 2;
        return {0, c == 's' ? space : not_space};
      default:
        ++at_;
        return {escaped_character(true), {}};
    }
  }

  static void add(const ClassAtom& atom, std::string& items) {
    if (!atom.set.empty()) {
      items += atom.set;
    } else if (!is_surrogate(atom.code)) {
      append_character(atom.code, items);
    }
  }

  void add_range(const ClassAtom& first, const ClassAtom& last, std::string& items) {
    if (!first.set.empty() || !last.set.empty()) {
      add(first, items);
      add({'-', {}}, items);
      return add(last, items);
    }
    if (first.code > last.code) return fail("Range out of order in character class");
    // No text has surrogates; PCRE2 does not take them for an end of a range.
    append_character(is_surrogate(first.code) ? 0xe000 : first.code, items);
    items += '-';
    append_character(is_surrogate(last.code) ? 0xd7ff : last.code, items);
  }

  void character_class() {
    ++at_;
    const bool inverted = take("^");
    std::string items;
    while (more() && text_[at_] != ']' && why_.empty()) {
      const ClassAtom first = class_atom();
      if (peek() == '-' && at_ + 1 < text_.size() && peek(1) != ']') {
        ++at_;
        add_range(first, class_atom(), items);
      } else {
        add(first, items);
      }
    }
    if (!take("]")) return fail("Unterminated character class");
    if (items.empty()) {
      return emit(inverted ? R"([\x{0}-\x{10ffff}])" : nothing, Repeatable::yes);
    }
    out_.pattern.append(inverted ? "[^" : "[").append(items);
    emit("]", Repeatable::yes);
  }

  std::string_view text_;
  bool multiline_;
  size_t at_ = 0;
  RegexSyntax out_;
  std::string why_;         // it is no regular expression
  std::vector<bool> open_;  // groups; whether they are lookbehinds
  std::map<std::string_view, uint32_t> names_;
  Repeatable repeatable_ = Repeatable::no;  // what was emitted last
};

}  // namespace

Outcome<RegexSyntax> translate_regex(std::string_view pattern, bool multiline) {
  return Translator(pattern, multiline).run();
}

}  // namespace perdure::asl::jsonata::text
