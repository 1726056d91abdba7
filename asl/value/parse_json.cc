// Text to values: one pass, no native recursion, strings and numbers left where they are.

#include <charconv>
#include <limits>

#include "asl/value/container.h"
#include "asl/value/json_error.h"
#include "asl/value/json_string.h"
#include "asl/value/utf8.h"
#include "asl/value/value.h"

namespace perdure::asl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) < 0xf0);
}

constexpr std::string_view a_value =
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or "
    "'false')";

void append_pointer_token(std::string_view token, std::string& out) {
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

}  // namespace

class JsonParser {
 public:
  JsonParser(std::string_view text, Arena& arena, ParseLimits limits,
             std::vector<DuplicateKey>* duplicates)
      : at_(text.data()),
        end_(text.data() + text.size()),
        problems_(text),
        arena_(arena),
        limits_(limits),
        duplicates_(duplicates) {}

  Result<Value> parse();

 private:
  // A container that is not closed yet. Its finished items or members lie in the stacks above.
  struct Frame {
    const char* open;
    size_t first;  // its first item in items_, or member in members_
    bool is_object() const { return *open == '{'; }
  };
  enum class Next : uint8_t { value, end };

  Result<Value> value();
  Result<Value> string_value();
  Result<Value> number_value();
  Result<Value> word(std::string_view expected, Value meaning);
  Result<void> digits(const char* problem);
  Result<void> open_container();
  Result<Next> after_value(Value value);
  Result<void> member_key();
  Value close();
  Value close_array();
  Value close_object();
  Result<std::string_view> string_text(bool is_name);
  Error no_value() const;
  Error more_after_the_end(bool separated) const;
  Error ended() const;
  bool skip_space();
  std::string pointer_of_top() const;
  static void note_repeated(void* parser, std::string_view key);

  const char* at_;
  const char* end_;
  JsonProblems problems_;
  Arena& arena_;
  ParseLimits limits_;
  std::vector<DuplicateKey>* duplicates_;
  std::vector<Frame> frames_;
  std::vector<Value> items_;
  std::vector<Member> members_;  // the last one of an open object has its key only
  std::string buffer_;
  // The last place where the text is not what the writer would write. A container that begins
  // behind it can be written by copying its text.
  const char* changed_ = nullptr;
};

bool JsonParser::skip_space() {
  const char* const start = at_;
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  if (at_ == start) return false;
  changed_ = at_ - 1;
  return true;
}

Result<Value> JsonParser::parse() {
  if (static_cast<size_t>(end_ - at_) > std::numeric_limits<uint32_t>::max()) {
    return Error{ErrorKind::too_large, "InvalidJson", "The JSON text is larger than 4 GiB"};
  }
  skip_space();
  if (at_ == end_) return problems_.at(at_, "No content to map due to end-of-input");
  for (;;) {
    PD_TRY(read, value());
    if (!read.defined()) continue;  // a container was opened and has a first value
    Value done = read;
    for (;;) {
      if (frames_.empty()) {
        const bool separated = skip_space();
        if (at_ < end_) return more_after_the_end(separated);
        return done;
      }
      PD_TRY(next, after_value(done));
      if (next == Next::value) break;
      done = close();
    }
  }
}

Error JsonParser::more_after_the_end(bool separated) const {
  if (*at_ == ']' || *at_ == '}') return problems_.wrong_close(at_, nullptr);
  if (!separated) {
    return problems_.unexpected(at_, "Expected space separating root-level values");
  }
  if (begins_word(*at_)) return problems_.unrecognized(at_);
  return problems_.at(at_, "Trailing token found after value");
}

Error JsonParser::ended() const {
  return problems_.at(end_, std::string("Unexpected end-of-input within/between ") +
                                (frames_.back().is_object() ? "Object" : "Array") + " entries");
}

// Reads the value at `at_`. Undefined: a container with something in it was opened.
Result<Value> JsonParser::value() {
  if (at_ == end_) return ended();
  switch (*at_) {
    case '"':
      return string_value();
    case '{':
    case '[': {
      PD_CHECK(open_container());
      const char closing = frames_.back().is_object() ? '}' : ']';
      skip_space();
      if (at_ == end_) return problems_.unclosed(frames_.back().open);
      if (*at_ == closing) {
        ++at_;
        return close();
      }
      if (*at_ == ']' || *at_ == '}') {
        return problems_.wrong_close(at_, frames_.back().open);
      }
      if (closing == '}') PD_CHECK(member_key());
      return Value();
    }
    case 't':
      return word("true", Value::boolean(true));
    case 'f':
      return word("false", Value::boolean(false));
    case 'n':
      return word("null", Value::null());
    default:
      break;
  }
  if (*at_ == '-' || is_digit(*at_)) return number_value();
  return no_value();
}

Error JsonParser::no_value() const {
  const std::string_view rest(at_, end_);
  for (const std::string_view odd : {"NaN", "Infinity"}) {
    if (!rest.starts_with(odd)) continue;
    return problems_.at(at_ + odd.size(),
                        "Non-standard token '" + std::string(odd) +
                            "': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow");
  }
  if (frames_.empty() && (*at_ == ']' || *at_ == '}')) return problems_.wrong_close(at_, nullptr);
  if (begins_word(*at_)) return problems_.unrecognized(at_);
  const bool ends_object = *at_ == '}' && !frames_.empty() && !frames_.back().is_object();
  return problems_.unexpected(at_, ends_object ? "expected a value" : a_value);
}

Result<Value> JsonParser::word(std::string_view expected, Value meaning) {
  const std::string_view rest(at_, end_);
  const char* const after = at_ + expected.size();
  const bool matches =
      rest.starts_with(expected) && (after == end_ || !(begins_word(*after) || is_digit(*after)));
  if (!matches) return problems_.unrecognized(at_);
  at_ = after;
  return meaning;
}

Result<std::string_view> JsonParser::string_text(bool is_name) {
  const char* const start = ++at_;
  const char* const plain_end = skip_plain(start, end_);
  if (plain_end < end_ && *plain_end == '"') {
    at_ = plain_end + 1;
    return std::string_view(start, plain_end);
  }
  PD_TRY(read, read_json_string(start, end_, is_name, buffer_, problems_));
  at_ = read.end + 1;
  if (!read.compact) changed_ = read.end;
  if (!read.escaped) return std::string_view(start, read.end);
  return arena_.copy(buffer_);
}

Result<Value> JsonParser::string_value() {
  PD_TRY(text, string_text(false));
  return Value::string(text);
}

Result<void> JsonParser::digits(const char* problem) {
  if (at_ == end_) {
    return problems_.at(at_, "Unexpected end-of-input in a Number value");
  }
  if (!is_digit(*at_)) return problems_.unexpected_in_number(at_, problem, at_[-1] == '-');
  while (at_ < end_ && is_digit(*at_)) ++at_;
  return {};
}

Result<Value> JsonParser::number_value() {
  const char* const start = at_;
  if (*at_ == '-') ++at_;
  const char* const whole = at_;
  PD_CHECK(digits("expected digit (0-9) to follow minus sign, for valid numeric value"));
  if (*whole == '0' && at_ - whole > 1) {
    return problems_.at(whole + 1, "Invalid numeric value: Leading zeroes not allowed");
  }
  bool is_integer = true;
  if (at_ < end_ && *at_ == '.') {
    is_integer = false;
    ++at_;
    PD_CHECK(digits("Decimal point not followed by a digit"));
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    is_integer = false;
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    PD_CHECK(digits("Exponent indicator not followed by a digit"));
  }
  const std::string_view text(start, at_);
  if (text == "-0") changed_ = start;
  int64_t n = 0;
  if (is_integer && std::from_chars(start, at_, n).ec == std::errc()) return Value::integer(n);
  return Value::number_text(text);
}

Result<void> JsonParser::open_container() {
  if (frames_.size() >= limits_.max_depth) {
    return problems_.at(at_ + 1, "Document nesting depth (" + std::to_string(frames_.size() + 1) +
                                     ") exceeds the maximum allowed (" +
                                     std::to_string(limits_.max_depth) + ")");
  }
  frames_.push_back({at_, *at_ == '{' ? members_.size() : items_.size()});
  ++at_;
  return {};
}

// A key and its colon; `at_` is left at the value.
Result<void> JsonParser::member_key() {
  if (at_ == end_) return ended();
  if (*at_ != '"') {
    return problems_.unexpected(at_, "was expecting double-quote to start field name");
  }
  PD_TRY(key, string_text(true));
  skip_space();
  if (at_ == end_) return ended();
  if (*at_ != ':') {
    return problems_.unexpected(at_, "was expecting a colon to separate field name and value");
  }
  ++at_;
  skip_space();
  members_.push_back({key, Value()});
  return {};
}

// Puts a finished value into the open container and reads on: to the next value or past the end.
Result<JsonParser::Next> JsonParser::after_value(Value value) {
  const Frame& top = frames_.back();
  if (top.is_object()) {
    members_.back().value = value;
  } else {
    items_.push_back(value);
  }
  skip_space();
  if (at_ == end_) return problems_.unclosed(top.open);
  const char c = *at_;
  if (c == ',') {
    ++at_;
    skip_space();
    if (top.is_object()) PD_CHECK(member_key());
    return Next::value;
  }
  if (c == (top.is_object() ? '}' : ']')) {
    ++at_;
    return Next::end;
  }
  if (c == ']' || c == '}') return problems_.wrong_close(at_, top.open);
  return problems_.unexpected(at_, top.is_object()
                                       ? "was expecting comma to separate Object entries"
                                       : "was expecting comma to separate Array entries");
}

// Ends the innermost container; `at_` is behind its last character.
Value JsonParser::close() {
  const Value made = frames_.back().is_object() ? close_object() : close_array();
  const char* const open = frames_.back().open;
  frames_.pop_back();
  if (changed_ == nullptr || changed_ < open) {
    // Made just now and seen by nobody yet.
    auto& container = *static_cast<Container*>(const_cast<void*>(made.block_));
    container.source = open;
    container.source_bytes = static_cast<uint32_t>(at_ - open);
  }
  return made;
}

Value JsonParser::close_array() {
  const size_t first = frames_.back().first;
  const std::span<const Value> items = std::span(items_).subspan(first);
  const Value made(Kind::array, items.size(), make_array(items, arena_));
  items_.resize(first);
  return made;
}

Value JsonParser::close_object() {
  const size_t first = frames_.back().first;
  std::span<const Member> members = std::span(members_).subspan(first);
  const Container* const block = make_object(members, arena_, note_repeated, this);
  members_.resize(first);
  return Value(Kind::object, members.size(), block);
}

void JsonParser::note_repeated(void* parser, std::string_view key) {
  auto& self = *static_cast<JsonParser*>(parser);
  self.changed_ = self.at_ - 1;
  if (self.duplicates_) self.duplicates_->push_back({self.pointer_of_top(), std::string(key)});
}

// The JSON pointer of the innermost open container.
std::string JsonParser::pointer_of_top() const {
  std::string out;
  for (size_t i = 0; i + 1 < frames_.size(); ++i) {
    const Frame& outer = frames_[i];
    // What is inside it begins where its own finished part ends.
    size_t end = outer.is_object() ? members_.size() : items_.size();
    for (size_t k = i + 1; k < frames_.size(); ++k) {
      if (frames_[k].is_object() != outer.is_object()) continue;
      end = frames_[k].first;
      break;
    }
    if (outer.is_object()) {
      append_pointer_token(members_[end - 1].key, out);
    } else {
      append_pointer_token(std::to_string(end - outer.first), out);
    }
  }
  return out;
}

Result<Value> parse_json(std::string_view text, Arena& arena, ParseLimits limits) {
  return JsonParser(text, arena, limits, nullptr).parse();
}

Result<Value> parse_json(std::string_view text, Arena& arena, ParseLimits limits,
                         std::vector<DuplicateKey>& duplicates) {
  return JsonParser(text, arena, limits, &duplicates).parse();
}

}  // namespace perdure::asl
