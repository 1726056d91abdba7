#pragma once
// The words of an expression, one at a time: what a slash means depends on the word before it.

#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonata {

struct Token {
  enum class Kind : uint8_t { end, operation, name, variable, literal, string, regex };
  Kind kind = Kind::end;
  std::string_view text;   // an operator, a name, a variable without its $, a string, a pattern
  std::string_view flags;  // of a regular expression
  Value value;             // of a number, true, false, null
  uint32_t position = 0;   // behind the word, in bytes
};

// Strings with escapes are put into the arena; everything else points into the text, which must
// outlive the tokens.
class Lexer {
 public:
  // `elvis`: whether ?: and ?? are operators, as they are from 2.1.0 on.
  Lexer(std::string_view text, Arena& arena, bool elvis)
      : text_(text), arena_(arena), elvis_(elvis) {}

  // `after_operand`: the word before was a value, so that a slash divides.
  Outcome<Token> next(bool after_operand);

 private:
  Outcome<Token> string(char quote);
  Outcome<size_t> escape(std::string& out);
  Outcome<Token> number();
  Outcome<Token> quoted_name();
  Outcome<Token> regex();
  Token name();
  Token token(Token::Kind kind, std::string_view text) const;
  Outcome<bool> skip_comment();
  void skip_space();
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  Fault fault_at(std::string_view code, size_t position, std::string token = {}) const;

  std::string_view text_;
  Arena& arena_;
  bool elvis_;
  size_t at_ = 0;
};

}  // namespace perdure::asl::jsonata
