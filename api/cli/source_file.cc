#include "api/cli/source_file.h"

#include <algorithm>

#include "api/cli/input_text.h"
#include "asl/value/value.h"
#include "base/files.h"
#include "base/yaml.h"

namespace perdure::api::cli {

namespace {

constexpr uint64_t limit_bytes = 16 << 20;

// Walks a text that is known to be JSON, towards one value.
class Seeker {
 public:
  Seeker(std::string_view text, std::string_view pointer) : text_(text), pointer_(pointer) {}

  // The offset of the value, or of its key; of the last one that was found on the way.
  size_t seek() {
    skip_space();
    size_t found = at_;
    while (!pointer_.empty() && step(found)) {
    }
    return found;
  }

 private:
  // Into the container at hand, to the member or item that the pointer names next.
  bool step(size_t& found) {
    pointer_.remove_prefix(1);
    const std::string_view wanted = pointer_.substr(0, pointer_.find('/'));
    pointer_.remove_prefix(wanted.size());
    if (at_ >= text_.size() || (text_[at_] != '{' && text_[at_] != '[')) return false;
    const bool object = text_[at_++] == '{';
    for (size_t index = 0;; ++index) {
      skip_space();
      if (text_[at_] == '}' || text_[at_] == ']') return false;
      const size_t begin = at_;
      const std::string name = object ? key() : std::to_string(index);
      skip_space();
      if (pointer_to("", name).substr(1) == wanted) {
        found = begin;
        return true;
      }
      skip_value();
      skip_space();
      if (text_[at_] == ',') ++at_;
    }
  }

  std::string key() {
    const size_t begin = at_;
    skip_string();
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    skip_space();
    ++at_;  // the colon
    asl::Arena arena;
    const auto value = asl::parse_json(quoted, arena);
    return value ? std::string(value->as_string()) : std::string();
  }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void skip_value() {
    int depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth, ++at_;
      } else if (c == '}' || c == ']') {
        --depth, ++at_;
      } else if (depth == 0) {
        at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
      } else {
        ++at_;
      }
    } while (depth > 0);
  }

  std::string_view text_, pointer_;
  size_t at_ = 0;
};

TextPosition at_offset(std::string_view text, size_t offset) {
  TextPosition position;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

}  // namespace

bool has_yaml_name(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

Result<SourceFile> SourceFile::read(const std::string& path) {
  SourceFile file;
  file.path_ = path;
  if (path == "-") {
    file.json_ = read_stdin();
    return file;
  }
  PD_TRY(text, read_file(path, limit_bytes));
  file.is_yaml_ = has_yaml_name(path);
  if (!file.is_yaml_) {
    file.json_ = std::move(text);
    return file;
  }
  PD_TRY(document, read_yaml(text, path));
  file.json_ = std::move(document.json);
  file.positions_ = std::move(document.positions);
  return file;
}

std::optional<TextPosition> SourceFile::position(std::string_view pointer) const {
  if (!is_yaml_) {
    if (json_.empty()) return std::nullopt;
    return at_offset(json_, Seeker(json_, pointer).seek());
  }
  while (true) {
    const auto found = positions_.find(pointer);
    if (found != positions_.end()) return found->second;
    const size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    pointer = pointer.substr(0, slash);
  }
}

std::string SourceFile::place(std::string_view pointer) const {
  const auto at = position(pointer);
  if (!at) return path_;
  return path_ + ":" + std::to_string(at->line) + ":" + std::to_string(at->column);
}

}  // namespace perdure::api::cli
