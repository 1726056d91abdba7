#include "base/json.h"
#include "engine/map_runs/readers/json_text.h"
#include "engine/map_runs/readers/record_reader.h"

namespace perdure::engine {
namespace {

Error broken_json(int64_t position) {
  return item_reader_failed("The dataset is no valid JSON at byte " + std::to_string(position) +
                            ".");
}

Error no_items() { return item_reader_failed("Attempting to map over non-iterable node."); }

// Walks over JSON without building it. What is taken is checked by who parses it; what is passed
// over is only looked at for its strings and brackets.
class JsonWalker {
 public:
  explicit JsonWalker(std::unique_ptr<Bytes> bytes) : cursor_(std::move(bytes)) {}

  int64_t position() const { return cursor_.position(); }
  void seek(int64_t position) { cursor_.seek(position); }
  Error broken() const { return broken_json(position()); }

  Result<> skip_mark() { return cursor_.skip_mark(); }
  // The next character that is no space; 0 at the end.
  Result<char> peek() {
    for (;;) {
      PD_TRY(filled, cursor_.fill());
      if (!filled) return '\0';
      const std::string_view rest = cursor_.rest();
      const size_t at = rest.find_first_not_of(" \t\r\n");
      cursor_.skip(std::min(at, rest.size()));
      if (at != rest.npos) return cursor_.rest().front();
    }
  }
  void skip_one() { cursor_.skip(1); }
  Result<> expect(char wanted) {
    PD_TRY(c, peek());
    if (c != wanted) return broken();
    skip_one();
    return {};
  }
  // The text of the value at hand. It stays in the window until it is skipped.
  Result<std::string_view> value() {
    PD_CHECK(peek());
    Scan scan;
    for (;;) {
      const std::string_view rest = cursor_.rest();
      if (scan.over(rest)) return rest.substr(0, scan.at);
      PD_TRY(more, cursor_.more());
      if (more) continue;
      if (scan.depth > 0 || scan.in_string || scan.at == 0) return broken();
      return cursor_.rest().substr(0, scan.at);
    }
  }
  void skip(size_t count) { cursor_.skip(count); }
  // Passes over the value at hand, however large it is.
  Result<> pass() {
    PD_CHECK(peek());
    Scan scan;
    bool any = false;
    for (;;) {
      const bool over = scan.over(cursor_.rest());
      any = any || scan.at > 0;
      cursor_.skip(scan.at);
      scan.at = 0;
      if (over) return any ? Result<>() : Result<>(broken());
      PD_TRY(more, cursor_.more());
      if (!more) return scan.depth == 0 && !scan.in_string && any ? Result<>() : Result<>(broken());
    }
  }
  // A string, undone.
  Result<std::string> text() {
    PD_TRY(c, peek());
    if (c != '"') return broken();
    PD_TRY(raw, value());
    const auto json = parse_json(raw);
    if (!json) return broken();
    skip(raw.size());
    return json->get<std::string>();
  }

 private:
  // How far a value has been looked through.
  struct Scan {
    size_t at = 0;
    int64_t depth = 0;
    bool in_string = false, escaped = false;

    // True if the value ends before `rest` does; `at` is behind it then.
    bool over(std::string_view rest) {
      for (; at < rest.size(); ++at) {
        const char c = rest[at];
        if (in_string) {
          if (!step_in_string(rest)) continue;
          if (depth == 0) {
            ++at;
            return true;
          }
        } else if (c == '"') {
          in_string = true;
        } else if (c == '{' || c == '[') {
          ++depth;
        } else if (c == '}' || c == ']') {
          if (depth == 0) return true;  // of the container around it
          if (--depth == 0) {
            ++at;
            return true;
          }
        } else if (depth == 0 && (c == ',' || c == ':' || c <= ' ')) {
          return true;
        }
      }
      return false;
    }
    // True at the closing quote.
    bool step_in_string(std::string_view rest) {
      if (escaped) {
        escaped = false;
        return false;
      }
      const size_t next = rest.find_first_of("\"\\", at);
      at = std::min(next, rest.size() - 1);
      if (next == rest.npos) return false;
      if (rest[next] == '\\') {
        escaped = true;
        return false;
      }
      in_string = false;
      return true;
    }
  };

  ByteCursor cursor_;
};

// "/a/b~1c" taken apart.
std::vector<std::string> segments_of(const std::string& pointer) {
  std::vector<std::string> segments;
  for (size_t at = 0; at < pointer.size();) {
    const size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    std::string segment;
    for (size_t i = at + 1; i < end; ++i) {
      const bool escape = pointer[i] == '~' && i + 1 < end;
      if (escape) ++i;
      segment += escape ? (pointer[i] == '1' ? '/' : '~') : pointer[i];
    }
    segments.push_back(std::move(segment));
    at = end;
  }
  return segments;
}

class JsonItems final : public RecordReader {
 public:
  JsonItems(std::unique_ptr<Bytes> bytes, std::string pointer)
      : walker_(std::move(bytes)), pointer_(std::move(pointer)) {}

  Result<std::optional<Item>> next() override {
    if (state_ == State::begin) PD_CHECK(enter());
    if (state_ == State::end) return std::optional<Item>();
    PD_TRY(c, walker_.peek());
    if (c == closing()) {
      state_ = State::end;
      return std::optional<Item>();
    }
    if (!first_) PD_CHECK(walker_.expect(','));
    first_ = false;
    Item item;
    std::string json;
    if (object_) {
      PD_TRY(name, walker_.text());
      PD_CHECK(walker_.expect(':'));
      item.key = std::move(name);
      json = "{\"Key\":";
      append_json_text(item.key, json);
      json += ",\"Value\":";
    }
    PD_TRY(raw, walker_.value());
    if (!compactor_.append(raw, json)) return walker_.broken();
    walker_.skip(raw.size());
    if (object_) json += "}";
    item.value = asl::Payload(std::move(json));
    return std::optional(std::move(item));
  }

  // Behind the last item, before the comma.
  std::string position() const override {
    if (state_ == State::begin) return "";
    if (state_ == State::end) return "end";
    return std::string(object_ ? "object" : "array") + (first_ ? "^" : ",") +
           std::to_string(walker_.position());
  }

  Result<> seek(const std::string& position) override {
    state_ = position.empty() ? State::begin : position == "end" ? State::end : State::within;
    first_ = true;
    walker_.seek(0);
    if (state_ != State::within) return {};
    const size_t mark = position.find_first_of("^,");
    if (mark == position.npos) return internal_error("No position of a reader: " + position);
    object_ = position.starts_with("object");
    first_ = position[mark] == '^';
    walker_.seek(std::stoll(position.substr(mark + 1)));
    return {};
  }

 private:
  enum class State : uint8_t { begin, within, end };
  char closing() const { return object_ ? '}' : ']'; }

  Result<> enter() {
    PD_CHECK(walker_.skip_mark());
    for (const std::string& segment : segments_of(pointer_)) {
      PD_TRY(c, walker_.peek());
      if (c == '{') {
        PD_CHECK(enter_member(segment));
      } else if (c == '[') {
        PD_CHECK(enter_element(segment));
      } else {
        return no_items();
      }
    }
    PD_TRY(c, walker_.peek());
    if (c == '\0') return walker_.broken();
    if (c != '{' && c != '[') return no_items();
    object_ = c == '{';
    walker_.skip_one();
    first_ = true;
    state_ = State::within;
    return {};
  }

  Result<> enter_member(const std::string& name) {
    walker_.skip_one();
    for (;;) {
      PD_TRY(c, walker_.peek());
      if (c == '}') return no_items();
      PD_TRY(key, walker_.text());
      PD_CHECK(walker_.expect(':'));
      if (key == name) return {};
      PD_CHECK(walker_.pass());
      PD_TRY(behind, walker_.peek());
      if (behind == '}') return no_items();
      PD_CHECK(walker_.expect(','));
    }
  }

  Result<> enter_element(const std::string& index) {
    if (index.empty() || index.size() > 9 || index.find_first_not_of("0123456789") != index.npos) {
      return no_items();
    }
    walker_.skip_one();
    for (int64_t left = std::stoll(index);; --left) {
      PD_TRY(c, walker_.peek());
      if (c == ']') return no_items();
      if (left == 0) return {};
      PD_CHECK(walker_.pass());
      PD_TRY(behind, walker_.peek());
      if (behind == ']') return no_items();
      PD_CHECK(walker_.expect(','));
    }
  }

  JsonWalker walker_;
  const std::string pointer_;
  JsonCompactor compactor_;
  State state_ = State::begin;
  bool object_ = false;
  bool first_ = true;  // no item before the next one
};

}  // namespace

std::unique_ptr<RecordReader> json_items(std::unique_ptr<Bytes> bytes, std::string pointer) {
  return std::make_unique<JsonItems>(std::move(bytes), std::move(pointer));
}

}  // namespace perdure::engine
