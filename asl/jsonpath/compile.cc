// Text to tokens, the way Jayway 2.0.0 does it: the path is cut into fragments first, then each
// fragment is looked at on its own.

#include <charconv>

#include "asl/jsonpath/token.h"
#include "asl/value/java_text.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonpath {
namespace {

constexpr size_t longest_path = 1000;  // tokens
constexpr int deepest_filter = 50;     // filters inside filters

Error bad_path(std::string cause) { return invalid("InvalidPathException", std::move(cause)); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The length of a dotted name: up to a dot, a bracket or a space.
size_t name_length(std::string_view text, size_t at) {
  const size_t end = text.find_first_of(".[ ", at);
  return (end == std::string_view::npos ? text.size() : end) - at;
}

// The length of a bracketed fragment that begins at `at`. Quotes do not matter here.
size_t bracket_length(std::string_view text, size_t at) {
  size_t open = 0;
  size_t end = at + 1;
  while (end < text.size()) {
    const char c = text[end++];
    if (c == ']' && open-- == 0) break;
    if (c == '[') ++open;
  }
  return end - at;
}

Result<int32_t> number(std::string_view digits) {
  int32_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error == std::errc() && end == digits.data() + digits.size()) return n;
  return bad_path("java.lang.NumberFormatException: For input string: \"" + std::string(digits) +
                  "\"");
}

// Reads one bracketed fragment, "[...]". Every read is checked: a fragment that ends too early is
// an error in Java's words.
class Fragment {
 public:
  Fragment(std::string_view text, int depth) : text_(text), depth_(depth) {}

  Result<Token> token();

 private:
  Result<Token> names();
  Result<Token> array();
  Result<Token> from_end();
  Result<Token> filter();
  Result<size_t> filter_end(size_t open) const;
  Result<void> slice_to(Token& token);
  Result<void> slice_from(Token& token);
  Result<void> take_number(Token& token);
  void collect_number();
  bool ended() const { return at_ >= text_.size(); }
  char current() const { return text_[at_]; }

  std::string_view text_;
  int depth_;
  size_t at_ = 0;
  std::string digits_;
};

Result<Token> Fragment::token() {
  if (text_ == "[*]") return Token{Token::Kind::wildcard};
  for (; at_ < text_.size(); ++at_) {
    const char c = current();
    if (c == '?') return filter();
    if (c == '\'') return names();
    if (c == '@') return from_end();
    if (is_digit(c) || c == ':' || c == '-') return array();
  }
  return bad_path("Could not analyze path component: " + std::string(text_));
}

// "['a']" or "['a','b']". What is not between quotes is passed over; a bracket ends it anywhere.
Result<Token> Fragment::names() {
  Token token{Token::Kind::names};
  std::string name;
  bool open = false;
  for (; !ended(); ++at_) {
    const char c = current();
    if (c == ']') return token;
    if (c == '\'') {
      if (open) token.names.push_back(std::exchange(name, {}));
      open = !open;
    } else if (open) {
      name += c;
    }
  }
  return past_the_end(text_);
}

void Fragment::collect_number() {
  while (!ended() && (is_digit(current()) || current() == ' ' || current() == '-')) {
    if (current() != ' ') digits_ += current();
    ++at_;
  }
}

Result<void> Fragment::take_number(Token& token) {
  PD_TRY(n, number(digits_));
  digits_.clear();
  token.numbers.push_back(n);
  return {};
}

// "[:12]"
Result<void> Fragment::slice_to(Token& token) {
  if (token.kind != Token::Kind::slice_from) token.kind = Token::Kind::slice_to;
  ++at_;
  collect_number();
  if (ended()) return past_the_end(text_);
  return take_number(token);
}

// "[1:]" or "[1:2]"
Result<void> Fragment::slice_from(Token& token) {
  PD_CHECK(take_number(token));
  ++at_;
  collect_number();
  if (ended()) return past_the_end(text_);
  if (digits_.empty()) {
    token.kind = Token::Kind::slice_from;
    return {};
  }
  if (token.kind == Token::Kind::indexes) token.kind = Token::Kind::slice_between;
  return take_number(token);
}

// "[1]", "[1,2]" and slices. What follows the second number of a slice is read and does not count.
Result<Token> Fragment::array() {
  Token token{Token::Kind::indexes};
  bool sequence = false;
  for (;;) {
    if (ended()) return past_the_end(text_);
    const char c = current();
    if (c == ':') {
      PD_CHECK(digits_.empty() ? slice_to(token) : slice_from(token));
    } else if (c == ',') {
      PD_CHECK(take_number(token));
      sequence = true;
    } else if (is_digit(c) || c == '-') {
      digits_ += c;
    } else if (c != ' ') {
      break;
    }
    if (current() == ']') break;
    ++at_;
  }
  if (!digits_.empty()) PD_CHECK(take_number(token));
  if (sequence) token.kind = Token::Kind::indexes;
  return token;
}

// "[(@.length-1)]"
Result<Token> Fragment::from_end() {
  at_ += 2;  // the @ and the dot
  std::string function;
  for (; !ended() && current() != '-'; ++at_) {
    if (current() != ' ' && current() != '(' && current() != ')') function += current();
  }
  if (ended()) return past_the_end(text_);
  if (function != "size" && function != "length") {
    return bad_path("Invalid function: @." + function +
                    ". Supported functions are: [(@.length - n)] and [(@.size() - n)]");
  }
  for (; !ended() && current() != ')'; ++at_) {
    if (current() != ' ') digits_ += current();
  }
  if (ended()) return past_the_end(text_);
  Token token{Token::Kind::from_end};
  PD_CHECK(take_number(token));
  return token;
}

// The end of the filter whose bracket is at `open`: the first closing bracket outside of quotes and
// parentheses.
Result<size_t> Fragment::filter_end(size_t open) const {
  int brackets = 0, parentheses = 0;
  bool quoted = false;
  char before = ' ';
  for (size_t i = open; i < text_.size(); before = text_[i], ++i) {
    const char c = text_[i];
    if (c == '\'' && before != '\\') quoted = !quoted;
    if (quoted) continue;
    if (c == '(') ++parentheses;
    if (c == ')') --parentheses;
    if (c == '[') ++brackets;
    if (c != ']') continue;
    --brackets;
    if (parentheses != 0) continue;
    if (brackets != 0) return bad_path("Filter brackets are not balanced");
    return i + 1;
  }
  return past_the_end(text_);
}

Result<Token> Fragment::filter() {
  const size_t open = text_.rfind('[', at_);
  if (open == std::string_view::npos) return past_the_end(text_);
  if (depth_ >= deepest_filter) return bad_path("Filters are nested too deeply");
  PD_TRY(end, filter_end(open));
  Token token{Token::Kind::filter};
  PD_TRY(filter, compile_filter(text_.substr(open, end - open), depth_ + 1));
  token.filter = std::move(filter);
  return token;
}

class Compiler {
 public:
  Compiler(std::string_view text, int depth) : text_(text), depth_(depth) {}

  Result<std::vector<Token>> tokens();

 private:
  Result<void> dot();
  Result<void> named(size_t length);
  Result<void> add(std::string_view fragment);

  std::string_view text_;
  int depth_;
  size_t at_ = 1;  // behind the root
  std::vector<Token> tokens_;
};

Result<std::vector<Token>> Compiler::tokens() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ') return bad_path("Space not allowed in path");
    if (c == '.') {
      PD_CHECK(dot());
    } else if (c == '[') {
      const size_t length = bracket_length(text_, at_);
      PD_CHECK(add(text_.substr(at_, length)));
      at_ += length;
    } else if (c == '*') {
      PD_CHECK(add("[*]"));
      ++at_;
    } else {
      PD_CHECK(named(name_length(text_, at_)));
    }
    if (tokens_.size() > longest_path) return bad_path("The path is too long");
  }
  return std::move(tokens_);
}

// A dot and what belongs to it: a second dot, or a name. A bracket or a space is left for later.
Result<void> Compiler::dot() {
  if (++at_ == text_.size()) return past_the_end(text_);
  if (text_[at_] == '.') {
    ++at_;
    tokens_.push_back(Token{Token::Kind::scan});
    return {};
  }
  const size_t length = name_length(text_, at_);
  if (length == 0) return {};
  if (text_.substr(at_, length) == "*") {
    ++at_;
    return add("[*]");
  }
  return named(length);
}

Result<void> Compiler::named(size_t length) {
  PD_CHECK(add("['" + std::string(text_.substr(at_, length)) + "']"));
  at_ += length;
  return {};
}

Result<void> Compiler::add(std::string_view fragment) {
  PD_TRY(token, Fragment(fragment, depth_).token());
  tokens_.push_back(std::move(token));
  return {};
}

void note_definiteness(Compiled& path) {
  bool rest = true;
  for (size_t i = path.tokens.size(); i-- > 0;) {
    rest = rest && path.tokens[i].definite();
    path.tokens[i].rest_definite = rest;
  }
  path.definite = rest;
  bool before = rest;  // the root's
  for (Token& token : path.tokens) {
    token.missing_is_error = token.definite() && before;
    before = token.rest_definite;
    path.simple = path.simple && token.definite() && token.kind != Token::Kind::from_end &&
                  token.names.size() + token.numbers.size() == 1;
  }
}

std::string joined(const std::vector<int32_t>& numbers) {
  std::string out;
  for (const int32_t n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return out;
}

}  // namespace

Error past_the_end(std::string_view text) {
  return bad_path("java.lang.StringIndexOutOfBoundsException: String index out of range: " +
                  std::to_string(utf16_length(text)));
}

std::string Token::fragment() const {
  const auto at = [this](size_t i) { return std::to_string(numbers[i]); };
  switch (kind) {
    case Kind::names: {
      std::string out = "[";
      for (const std::string& name : names) {
        out += (out.size() > 1 ? ", '" : "'") + name + "'";
      }
      return out + "]";
    }
    case Kind::indexes:
      return "[" + joined(numbers) + "]";
    case Kind::from_end:
      return "[@.size()" + at(0) + "]";
    case Kind::slice_from:
      return "[" + at(0) + ":]";
    case Kind::slice_to:
      return "[:" + at(0) + "]";
    case Kind::slice_between:
      return "[" + at(0) + ":" + at(1) + "]";
    case Kind::wildcard:
      return "[*]";
    case Kind::scan:
      return "..";
    case Kind::filter:
      return "[?]";
  }
  return {};
}

Result<std::shared_ptr<const Compiled>> compile(std::string_view text, int depth) {
  if (text.empty()) return bad_path("json can not be null or empty");
  auto path = std::make_shared<Compiled>();
  path->text = text;
  const std::string_view trimmed = java_trim(text);
  if (trimmed.empty()) return past_the_end(trimmed);
  if (trimmed.ends_with("..")) return bad_path("A path can not end with a scan.");
  std::string whole(trimmed);
  path->on_item = whole.front() == '@';
  if (path->on_item) {
    whole.front() = '$';
  } else if (whole.front() != '$') {
    whole.insert(0, "$.");
  }
  if (whole.size() > 1 && whole[1] != '.' && whole[1] != '[') {
    return bad_path("Invalid path " + whole);
  }
  PD_TRY(tokens, Compiler(whole, depth).tokens());
  if (!tokens.empty() && tokens.back().kind == Token::Kind::scan) {
    return bad_path("A path can not end with a scan.");
  }
  path->tokens = std::move(tokens);
  note_definiteness(*path);
  return std::shared_ptr<const Compiled>(std::move(path));
}

}  // namespace perdure::asl::jsonpath
