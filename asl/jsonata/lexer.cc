#include "asl/jsonata/lexer.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "asl/value/utf8.h"

namespace perdure::asl::jsonata {
namespace {

constexpr std::string_view spaces = " \t\n\r\v";
constexpr std::string_view single_operators = ".[]{}(),@#;:?+-*/%|=<>^&!~";

bool is_space(char c) { return spaces.find(c) != spaces.npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_pair(std::string_view two, bool elvis) {
  if (two == "?:" || two == "??") return elvis;
  for (const std::string_view known : {"..", ":=", "!=", ">=", "<=", "**", "~>"}) {
    if (two == known) return true;
  }
  return false;
}

// A whole number within int64 stays exact; everything else is a double.
std::optional<Value> number_value(std::string_view text) {
  int64_t whole = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, whole);
  if (read.ec == std::errc() && read.ptr == end) return Value::integer(whole);
  double number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  // Too small a number is 0, too large a one is none; strtod tells them apart.
  if (parsed.ec != std::errc()) number = std::strtod(std::string(text).c_str(), nullptr);
  if (!std::isfinite(number)) return std::nullopt;
  return Value::number(number);
}

std::optional<uint32_t> hex4(std::string_view digits) {
  uint32_t code = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, code, 16);
  if (digits.size() != 4 || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return code;
}

std::string first_character(std::string_view text) {
  if (text.empty()) return {};
  return std::string(text.substr(0, decode_utf8(text.data(), text.data() + text.size()).bytes));
}

}  // namespace

Fault Lexer::fault_at(std::string_view code, size_t position, std::string token) const {
  Fault out = fault(code);
  out.position = position;
  out.token = std::move(token);
  return out;
}

Token Lexer::token(Token::Kind kind, std::string_view text) const {
  Token out;
  out.kind = kind;
  out.text = text;
  out.position = static_cast<uint32_t>(at_);
  return out;
}

void Lexer::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

Outcome<bool> Lexer::skip_comment() {
  if (at(at_) != '/' || at(at_ + 1) != '*') return false;
  const size_t begin = at_;
  const size_t end = text_.find("*/", at_ + 2);
  if (end == text_.npos) return fault_at("S0106", begin);
  at_ = end + 2;
  return true;
}

Outcome<Token> Lexer::next(bool after_operand) {
  for (;;) {
    skip_space();
    PD_TRY(skipped, skip_comment());
    if (!skipped) break;
  }
  if (at_ >= text_.size()) return token(Token::Kind::end, "(end)");
  const char c = text_[at_];
  if (c == '/' && !after_operand) return regex();
  if (is_pair(text_.substr(at_, 2), elvis_)) {
    at_ += 2;
    return token(Token::Kind::operation, text_.substr(at_ - 2, 2));
  }
  if (single_operators.find(c) != single_operators.npos) {
    ++at_;
    return token(Token::Kind::operation, text_.substr(at_ - 1, 1));
  }
  if (c == '"' || c == '\'') return string(c);
  if (is_digit(c)) return number();
  if (c == '`') return quoted_name();
  return name();
}

// Appends what the escape behind a backslash stands for; answers with its length.
Outcome<size_t> Lexer::escape(std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const char c = at(at_);
  if (const size_t i = letters.find(c); c != '\0' && i != letters.npos) {
    out += meanings[i];
    return 1;
  }
  if (c != 'u') return fault_at("S0103", at_, first_character(text_.substr(at_)));
  const auto code = hex4(text_.substr(std::min(at_ + 1, text_.size()), 4));
  if (!code) return fault_at("S0104", at_);
  const bool high = *code >= 0xd800 && *code < 0xdc00;
  if (high && at(at_ + 5) == '\\' && at(at_ + 6) == 'u') {
    const auto low = hex4(text_.substr(at_ + 7, 4));
    if (low && *low >= 0xdc00 && *low < 0xe000) {
      append_utf8(0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00), out);
      return 11;
    }
  }
  append_utf8(*code, out);
  return 5;
}

Outcome<Token> Lexer::string(char quote) {
  const size_t begin = ++at_;
  const char stops[] = {quote, '\\'};
  size_t stop = text_.find_first_of({stops, 2}, at_);
  if (stop != text_.npos && text_[stop] == quote) {
    at_ = stop + 1;
    return token(Token::Kind::string, text_.substr(begin, stop - begin));
  }
  std::string value;
  for (;; stop = text_.find_first_of({stops, 2}, at_)) {
    if (stop == text_.npos) return fault_at("S0101", text_.size());
    value += text_.substr(at_, stop - at_);
    at_ = stop + 1;
    if (text_[stop] == quote) return token(Token::Kind::string, arena_.copy(value));
    PD_TRY(length, escape(value));
    at_ += length;
  }
}

Outcome<Token> Lexer::number() {
  const size_t begin = at_;
  const auto skip_digits = [this] {
    while (is_digit(at(at_))) ++at_;
  };
  if (text_[at_] == '0') {
    ++at_;
  } else {
    skip_digits();
  }
  if (at(at_) == '.' && is_digit(at(at_ + 1))) {
    ++at_;
    skip_digits();
  }
  if (at(at_) == 'e' || at(at_) == 'E') {
    const size_t digits = at_ + (at(at_ + 1) == '+' || at(at_ + 1) == '-' ? 2 : 1);
    if (is_digit(at(digits))) {
      at_ = digits;
      skip_digits();
    }
  }
  const std::string_view text = text_.substr(begin, at_ - begin);
  const auto value = number_value(text);
  if (!value) return fault_at("S0102", begin, std::string(text));
  Token out = token(Token::Kind::literal, text);
  out.value = *value;
  return out;
}

Outcome<Token> Lexer::quoted_name() {
  const size_t begin = at_ + 1;
  const size_t end = text_.find('`', begin);
  if (end == text_.npos) return fault_at("S0105", text_.size());
  at_ = end + 1;
  return token(Token::Kind::name, text_.substr(begin, end - begin));
}

Token Lexer::name() {
  const size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) &&
         single_operators.find(text_[at_]) == single_operators.npos) {
    ++at_;
  }
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word.starts_with('$')) return token(Token::Kind::variable, word.substr(1));
  if (word == "or" || word == "in" || word == "and") return token(Token::Kind::operation, word);
  if (word != "true" && word != "false" && word != "null") return token(Token::Kind::name, word);
  Token out = token(Token::Kind::literal, word);
  out.value = word == "null" ? Value::null() : Value::boolean(word == "true");
  return out;
}

// Ends at a slash outside of brackets that has no odd number of backslashes before it.
Outcome<Token> Lexer::regex() {
  const size_t begin = ++at_;
  int depth = 0;
  size_t backslashes = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '/' && depth == 0 && backslashes % 2 == 0) break;
    if (backslashes == 0 && (c == '(' || c == '[' || c == '{')) ++depth;
    if (backslashes == 0 && (c == ')' || c == ']' || c == '}')) --depth;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  if (at_ >= text_.size()) return fault_at("S0302", at_);
  const std::string_view pattern = text_.substr(begin, at_ - begin);
  if (pattern.empty()) return fault_at("S0301", at_);
  const size_t flags = ++at_;
  while (at(at_) == 'i' || at(at_) == 'm') ++at_;
  Token out = token(Token::Kind::regex, pattern);
  out.flags = text_.substr(flags, at_ - flags);
  return out;
}

}  // namespace perdure::asl::jsonata
