#include "base/json.h"

template class nlohmann::basic_json<>;

namespace perdure {
namespace {

Error refused(std::string why) { return invalid("SerializationException", std::move(why)); }

// The message quotes what was read, which may be broken UTF-8, and starts with "[json.exception…]
// ".
std::string readable(std::string_view message) {
  if (const auto end = message.find("] "); message.starts_with('[') && end != message.npos) {
    message.remove_prefix(end + 2);
  }
  std::string text(message);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

// Where a string starts at `i` (a quote), the index of its closing quote or the text's end.
size_t end_of_string(std::string_view text, size_t i) {
  for (++i; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
  }
  return i;
}

bool too_deep(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        i = end_of_string(text, i);
        break;
      case '[':
      case '{':
        if (++depth > max_json_depth) return true;
        break;
      case ']':
      case '}':
        --depth;
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  // A value as deep as its text would overflow the stack when it is copied or written.
  if (too_deep(text)) return refused("nesting deeper than " + std::to_string(max_json_depth));
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& failure) {
    return refused(readable(failure.what()));
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace perdure
