// Text to values: one pass, no native recursion, strings and numbers left where they are.

#include <boost/container/small_vector.hpp>
#include <charconv>
#include <limits>
#include <optional>

#include "asl/value/container.h"
#include "asl/value/json_error.h"
#include "asl/value/json_string.h"
#include "asl/value/plain_text.h"
#include "asl/value/utf8.h"
#include "asl/value/value.h"

namespace perdure::asl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The double of a number like "189.63" that is written back just so: at most 15 digits, neither of
// Java's forms with an exponent, no zero at the end but in ".0". Both the digits and the power of
// ten are exact doubles, so that one division rounds right.
std::optional<double> plain_decimal(std::string_view text) {
  constexpr double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr double smallest_plain = 0.001, largest_plain = 1e7;
  if (text.size() > 17) return std::nullopt;
  const bool negative = text.front() == '-';
  int64_t digits = 0, count = 0, point = -1;
  for (const char c : text.substr(negative ? 1 : 0)) {
    if (c == '.') {
      point = count;
    } else if (is_digit(c)) {
      digits = digits * 10 + (c - '0');
      ++count;
    } else {
      return std::nullopt;
    }
  }
  if (point < 0 || count > 15 || digits == 0) return std::nullopt;
  const int64_t decimals = count - point;
  if (text.back() == '0' && decimals > 1) return std::nullopt;
  const double value = static_cast<double>(digits) / powers[decimals];
  if (value < smallest_plain || value >= largest_plain) return std::nullopt;
  return negative ? -value : value;
}

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

// Failure is rare and values are many: the inner functions say with a boolean or an enumerator
// whether they went well, and leave the error in error_.
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
  // A container that is not closed yet. Its items or members lie in the stacks below.
  struct Frame {
    const char* open = nullptr;
    size_t first = 0;  // its first item in items_, or member in members_
    bool is_object() const { return *open == '{'; }
  };
  enum class Step : uint8_t { value, opened, ended, failed };

  Step value(Value& out);
  Step container(Value& out);
  Step string_value(Value& out);
  Step number_value(Value& out);
  Step word(std::string_view expected, Value meaning, Value& out);
  Step after_value();
  Value& slot();
  Value& filled_slot();
  bool digits(const char* problem);
  bool open_container();
  bool member_key();
  bool string_text(bool is_name, std::string_view& out);
  Value close();
  Value close_array();
  Value close_object();
  bool fail(Error error);
  Error no_value() const;
  Error more_after_the_end(bool separated) const;
  Error ended() const;
  // Mostly there is none.
  bool skip_space() {
    const bool none = at_<end_&& static_cast<unsigned char>(*at_)> ' ';
    return none ? false : skip_some_space();
  }
  bool skip_some_space();
  std::string pointer_of_top() const;
  static void note_repeated(void* parser, std::string_view key);

  const char* at_;
  const char* end_;
  JsonProblems problems_;
  Arena& arena_;
  ParseLimits limits_;
  std::vector<DuplicateKey>* duplicates_;
  // Enough for most payloads without an allocation.
  boost::container::small_vector<Frame, 16> frames_;
  // Values are made where they stay. To make one elsewhere and to copy it at once would wait for
  // the processor, which cannot read in one go what it has just written in several.
  boost::container::small_vector<Value, 16> items_;
  boost::container::small_vector<Member, 32> members_;
  Value root_;
  std::string buffer_;
  std::optional<Error> error_;
  // The last place where the text is not what the writer would write. A container that begins
  // behind it can be written by copying its text.
  const char* changed_ = nullptr;
};

bool JsonParser::fail(Error error) {
  error_ = std::move(error);
  return false;
}

bool JsonParser::skip_some_space() {
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
    Step step = value(slot());
    while (step == Step::value && !frames_.empty()) {
      step = after_value();
      if (step != Step::ended) break;
      const Value made = close();
      filled_slot() = made;
      step = Step::value;
    }
    if (step == Step::failed) return std::move(*error_);
    if (step == Step::opened) continue;
    const bool separated = skip_space();
    if (at_ < end_) return more_after_the_end(separated);
    return root_;
  }
}

// Where the value that is about to be read belongs.
Value& JsonParser::slot() {
  if (frames_.empty()) return root_;
  return frames_.back().is_object() ? members_.back().value : items_.emplace_back();
}

// Where one belongs that has just been closed.
Value& JsonParser::filled_slot() {
  if (frames_.empty()) return root_;
  return frames_.back().is_object() ? members_.back().value : items_.back();
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

// Reads the value at `at_`; `opened`: a container that has something in it.
JsonParser::Step JsonParser::value(Value& out) {
  if (at_ == end_) {
    fail(ended());
    return Step::failed;
  }
  const char c = *at_;
  if (c == '"') return string_value(out);
  if (c == '{' || c == '[') return container(out);
  if (c == '-' || is_digit(c)) return number_value(out);
  if (c == 't') return word("true", Value::boolean(true), out);
  if (c == 'f') return word("false", Value::boolean(false), out);
  if (c == 'n') return word("null", Value::null(), out);
  fail(no_value());
  return Step::failed;
}

JsonParser::Step JsonParser::container(Value& out) {
  if (!open_container()) return Step::failed;
  const Frame& opened = frames_.back();
  const char closing = opened.is_object() ? '}' : ']';
  skip_space();
  if (at_ == end_) {
    fail(problems_.unclosed(opened.open));
    return Step::failed;
  }
  if (*at_ == closing) {
    ++at_;
    out = close();
    return Step::value;
  }
  if (*at_ == ']' || *at_ == '}') {
    fail(problems_.wrong_close(at_, opened.open));
    return Step::failed;
  }
  return closing == '}' && !member_key() ? Step::failed : Step::opened;
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

JsonParser::Step JsonParser::word(std::string_view expected, Value meaning, Value& out) {
  const std::string_view rest(at_, end_);
  const char* const after = at_ + expected.size();
  const bool matches =
      rest.starts_with(expected) && (after == end_ || !(begins_word(*after) || is_digit(*after)));
  if (!matches) {
    fail(problems_.unrecognized(at_));
    return Step::failed;
  }
  at_ = after;
  out = meaning;
  return Step::value;
}

bool JsonParser::string_text(bool is_name, std::string_view& out) {
  const char* const start = ++at_;
  const char* const plain_end = skip_plain(start, end_);
  if (plain_end < end_ && *plain_end == '"') {
    at_ = plain_end + 1;
    out = {start, plain_end};
    return true;
  }
  auto read = read_json_string(start, end_, is_name, buffer_, problems_);
  if (!read) return fail(std::move(read).error());
  at_ = read->end + 1;
  if (!read->compact) changed_ = read->end;
  out = read->escaped ? arena_.copy(buffer_) : std::string_view(start, read->end);
  return true;
}

JsonParser::Step JsonParser::string_value(Value& out) {
  std::string_view text;
  if (!string_text(false, text)) return Step::failed;
  out = Value(Kind::string, static_cast<uint32_t>(text.size()), text.data());
  return Step::value;
}

bool JsonParser::digits(const char* problem) {
  if (at_ == end_) return fail(problems_.at(at_, "Unexpected end-of-input in a Number value"));
  if (!is_digit(*at_)) {
    return fail(problems_.unexpected_in_number(at_, problem, at_[-1] == '-'));
  }
  while (at_ < end_ && is_digit(*at_)) ++at_;
  return true;
}

JsonParser::Step JsonParser::number_value(Value& out) {
  const char* const start = at_;
  if (*at_ == '-') ++at_;
  const char* const whole = at_;
  if (!digits("expected digit (0-9) to follow minus sign, for valid numeric value")) {
    return Step::failed;
  }
  if (*whole == '0' && at_ - whole > 1) {
    fail(problems_.at(whole + 1, "Invalid numeric value: Leading zeroes not allowed"));
    return Step::failed;
  }
  bool is_integer = true;
  if (at_ < end_ && *at_ == '.') {
    is_integer = false;
    ++at_;
    if (!digits("Decimal point not followed by a digit")) return Step::failed;
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    is_integer = false;
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits("Exponent indicator not followed by a digit")) return Step::failed;
  }
  const std::string_view text(start, at_);
  if (text == "-0") changed_ = start;
  int64_t n = 0;
  const bool fits = is_integer && std::from_chars(start, at_, n).ec == std::errc();
  if (fits) {
    out = Value::integer(n);
  } else if (const auto plain = plain_decimal(text)) {
    out = Value::number(*plain);
  } else {
    out = Value::number_text(text);
  }
  return Step::value;
}

bool JsonParser::open_container() {
  if (frames_.size() >= limits_.max_depth) {
    return fail(problems_.at(
        at_ + 1, "Document nesting depth (" + std::to_string(frames_.size() + 1) +
                     ") exceeds the maximum allowed (" + std::to_string(limits_.max_depth) + ")"));
  }
  const size_t first = *at_ == '{' ? members_.size() : items_.size();
  Frame& frame = frames_.emplace_back();
  frame.open = at_++;
  frame.first = first;
  return true;
}

// A key and its colon; `at_` is left at the value.
bool JsonParser::member_key() {
  if (at_ == end_) return fail(ended());
  if (*at_ != '"') {
    return fail(problems_.unexpected(at_, "was expecting double-quote to start field name"));
  }
  if (!string_text(true, members_.emplace_back().key)) return false;
  skip_space();
  if (at_ == end_) return fail(ended());
  if (*at_ != ':') {
    return fail(
        problems_.unexpected(at_, "was expecting a colon to separate field name and value"));
  }
  ++at_;
  skip_space();
  return true;
}

// Reads on behind a value of the open container: to the next one (`opened`) or past the end.
JsonParser::Step JsonParser::after_value() {
  const Frame& top = frames_.back();
  const bool is_object = top.is_object();
  skip_space();
  if (at_ == end_) {
    fail(problems_.unclosed(top.open));
    return Step::failed;
  }
  const char c = *at_;
  if (c == ',') {
    ++at_;
    skip_space();
    return is_object && !member_key() ? Step::failed : Step::opened;
  }
  if (c == (is_object ? '}' : ']')) {
    ++at_;
    return Step::ended;
  }
  if (c == ']' || c == '}') {
    fail(problems_.wrong_close(at_, top.open));
  } else {
    fail(problems_.unexpected(at_, is_object ? "was expecting comma to separate Object entries"
                                             : "was expecting comma to separate Array entries"));
  }
  return Step::failed;
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
    // What is inside it begins behind its own part, whose last one is not finished.
    size_t end = outer.is_object() ? members_.size() : items_.size();
    for (size_t k = i + 1; k < frames_.size(); ++k) {
      if (frames_[k].is_object() != outer.is_object()) continue;
      end = frames_[k].first;
      break;
    }
    if (outer.is_object()) {
      append_pointer_token(members_[end - 1].key, out);
    } else {
      append_pointer_token(std::to_string(end - 1 - outer.first), out);
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
