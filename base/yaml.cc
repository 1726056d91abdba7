#include "base/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/json.h"

namespace perdure {
namespace {

struct Refused {
  YAML::Mark mark;
  std::string problem;
};

constexpr std::string_view core_tag = "tag:yaml.org,2002:";

std::string_view digits_of(std::string_view text) {
  const size_t end = text.find_first_not_of("0123456789");
  return text.substr(0, end);
}

// [-+]? ( digits [. digits?] | . digits ) ( [eE] [-+]? digits )?
bool is_decimal(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const size_t whole = digits_of(text).size();
  text.remove_prefix(whole);
  size_t fraction = 0;
  if (text.starts_with('.')) {
    fraction = digits_of(text.substr(1)).size();
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && digits_of(text).size() == text.size();
}

// A decimal number as JSON writes it: no plus sign, no leading zeros, digits on both sides of the
// point. What is right already stays as it is.
std::string json_number(std::string_view text) {
  std::string out;
  if (text[0] == '-') out = "-";
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  const std::string_view whole = digits_of(text);
  text.remove_prefix(whole.size());
  const size_t first = std::min(whole.find_first_not_of('0'), whole.size());
  out += first == whole.size() ? "0" : whole.substr(first);
  if (text.starts_with('.')) {
    const std::string_view fraction = digits_of(text.substr(1));
    out.append(".").append(fraction.empty() ? "0" : fraction);
    text.remove_prefix(1 + fraction.size());
  }
  return out.append(text);
}

// 0o17 and 0x1F.
std::optional<std::string> other_base(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0 || text.size() == 2) return std::nullopt;
  uint64_t n = 0;
  const auto read = std::from_chars(text.data() + 2, text.data() + text.size(), n, base);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return std::to_string(n);
}

bool is_infinite(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  static const std::set<std::string_view> words = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
  return words.contains(text);
}

class Writer {
 public:
  explicit Writer(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void write(const YAML::Node& node, const std::string& pointer, int depth) {
    if (depth > max_json_depth) throw Refused{node.Mark(), "nested too deeply"};
    document_.positions.try_emplace(pointer, position(node.Mark()));
    check_tag(node);
    if (node.IsMap()) {
      write_map(node, pointer, depth);
    } else if (node.IsSequence()) {
      write_sequence(node, pointer, depth);
    } else if (node.IsScalar()) {
      write_scalar(node);
    } else {
      document_.json += "null";
    }
    if (document_.json.size() > limit_bytes_)
      throw Refused{node.Mark(), "the document is too large"};
  }
  YamlDocument take() { return std::move(document_); }

  static TextPosition position(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
  }

 private:
  static void check_tag(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    const bool known = tag.empty() || tag == "?" || tag == "!" || tag.starts_with(core_tag);
    if (!known) throw Refused{node.Mark(), "the tag " + tag + " is not known here"};
  }

  void write_map(const YAML::Node& node, const std::string& pointer, int depth) {
    std::set<std::string> keys;
    document_.json += '{';
    for (const auto& member : node) {
      const YAML::Node &key = member.first, &value = member.second;
      if (!key.IsScalar() && !key.IsNull()) throw Refused{key.Mark(), "a key must be a text"};
      const std::string name = key.IsNull() ? "null" : key.Scalar();
      if (!keys.insert(name).second) {
        throw Refused{key.Mark(), "the key " + dump_json(Json(name)) + " is there twice"};
      }
      if (keys.size() > 1) document_.json += ',';
      document_.json += dump_json(Json(name)) + ":";
      const std::string below = pointer_to(pointer, name);
      document_.positions.try_emplace(below, position(key.Mark()));
      write(value, below, depth + 1);
    }
    document_.json += '}';
  }

  void write_sequence(const YAML::Node& node, const std::string& pointer, int depth) {
    size_t index = 0;
    document_.json += '[';
    for (const YAML::Node& item : node) {
      if (index > 0) document_.json += ',';
      write(item, pointer_to(pointer, std::to_string(index++)), depth + 1);
    }
    document_.json += ']';
  }

  void write_scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    const bool plain = tag == "?" || (tag.starts_with(core_tag) && !tag.ends_with(":str"));
    document_.json += plain ? plain_scalar(node, text) : dump_json(Json(text));
  }

  static std::string plain_scalar(const YAML::Node& node, const std::string& text) {
    if (text == "true" || text == "True" || text == "TRUE") return "true";
    if (text == "false" || text == "False" || text == "FALSE") return "false";
    if (is_infinite(text)) throw Refused{node.Mark(), text + " is no number of JSON"};
    if (is_decimal(text)) return json_number(text);
    if (auto number = other_base(text)) return *number;
    if (node.Tag() != "?") {
      throw Refused{node.Mark(), dump_json(Json(text)) + " is not of the type that its tag says"};
    }
    return dump_json(Json(text));
  }

  size_t limit_bytes_;
  YamlDocument document_;
};

Error refusal(std::string_view file, const YAML::Mark& mark, const std::string& problem) {
  const TextPosition at = Writer::position(mark);
  return invalid("InvalidYaml", std::string(file) + ":" + std::to_string(at.line) + ":" +
                                    std::to_string(at.column) + ": " + problem);
}

}  // namespace

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// The parser's failures are exceptions; none leaves this function.
Result<YamlDocument> read_yaml(std::string_view text, std::string_view file, size_t limit_bytes) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
      return refusal(file, documents[1].Mark(), "a second document; one is expected");
    }
    Writer writer(limit_bytes);
    writer.write(documents.empty() ? YAML::Node() : documents[0], "", 0);
    return writer.take();
  } catch (const Refused& refused) {
    return refusal(file, refused.mark, refused.problem);
  } catch (const YAML::Exception& error) {
    return refusal(file, error.mark, error.msg);
  }
}

}  // namespace perdure
