#include "api/aws/xml.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/time.h"

namespace perdure::api {

namespace {

constexpr int max_depth = 32;

Error malformed() {
  return invalid("MalformedXML",
                 "The XML you provided was not well-formed or did not validate against our "
                 "published schema");
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void append_utf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += {char(0xC0 | code >> 6), char(0x80 | (code & 63))};
  } else if (code < 0x10000) {
    out += {char(0xE0 | code >> 12), char(0x80 | (code >> 6 & 63)), char(0x80 | (code & 63))};
  } else {
    out += {char(0xF0 | code >> 18), char(0x80 | (code >> 12 & 63)), char(0x80 | (code >> 6 & 63)),
            char(0x80 | (code & 63))};
  }
}

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  Result<XmlElement> document() {
    take("\xEF\xBB\xBF");
    PD_CHECK(skip_between());
    PD_TRY(root, element(1));
    PD_CHECK(skip_between());
    if (!rest_.empty()) return malformed();
    return root;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  Result<> skip_to(std::string_view end) {
    const size_t at = rest_.find(end);
    if (at == rest_.npos) return malformed();
    rest_.remove_prefix(at + end.size());
    return {};
  }
  // Spaces, comments and processing instructions.
  Result<> skip_between() {
    for (;;) {
      skip_spaces();
      if (take("<?")) {
        PD_CHECK(skip_to("?>"));
      } else if (take("<!--")) {
        PD_CHECK(skip_to("-->"));
      } else {
        return {};
      }
    }
  }
  Result<std::string> name() {
    size_t end = 0;
    while (end < rest_.size() && !is_space(rest_[end]) && rest_[end] != '>' && rest_[end] != '/' &&
           rest_[end] != '=' && rest_[end] != '<') {
      ++end;
    }
    if (end == 0) return malformed();
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }
  Result<> attributes() {
    for (;;) {
      skip_spaces();
      if (rest_.empty()) return malformed();
      if (rest_.front() == '>' || rest_.front() == '/') return {};
      PD_CHECK(name());
      skip_spaces();
      if (!take("=")) return malformed();
      skip_spaces();
      if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return malformed();
      const std::string_view quote = rest_.substr(0, 1);
      rest_.remove_prefix(1);
      PD_CHECK(skip_to(quote));
    }
  }
  Result<XmlElement> element(int depth) {
    if (depth > max_depth || !take("<")) return malformed();
    PD_TRY(tag, name());
    PD_CHECK(attributes());
    XmlElement element;
    const size_t colon = tag.find(':');
    element.name = colon == tag.npos ? tag : tag.substr(colon + 1);
    if (take("/>")) return element;
    if (!take(">")) return malformed();
    PD_CHECK(content(element, depth));
    PD_TRY(end, name());
    skip_spaces();
    if (end != tag || !take(">")) return malformed();
    return element;
  }
  // Up to behind the "</" that ends it.
  Result<> content(XmlElement& element, int depth) {
    for (;;) {
      const size_t at = rest_.find('<');
      if (at == rest_.npos) return malformed();
      PD_CHECK(text(rest_.substr(0, at), element.text));
      rest_.remove_prefix(at);
      if (take("</")) return {};
      if (take("<!--")) {
        PD_CHECK(skip_to("-->"));
      } else if (take("<![CDATA[")) {
        const size_t end = rest_.find("]]>");
        if (end == rest_.npos) return malformed();
        element.text += rest_.substr(0, end);
        rest_.remove_prefix(end + 3);
      } else if (take("<?")) {
        PD_CHECK(skip_to("?>"));
      } else {
        PD_TRY(child, this->element(depth + 1));
        element.children.push_back(std::move(child));
      }
    }
  }
  static Result<> text(std::string_view raw, std::string& out) {
    while (!raw.empty()) {
      const size_t at = std::min(raw.find('&'), raw.size());
      out += raw.substr(0, at);
      raw.remove_prefix(at);
      if (raw.empty()) break;
      const size_t end = raw.find(';');
      if (end == raw.npos) return malformed();
      PD_CHECK(reference(raw.substr(1, end - 1), out));
      raw.remove_prefix(end + 1);
    }
    return {};
  }
  static Result<> reference(std::string_view name, std::string& out) {
    constexpr std::pair<std::string_view, char> named[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, c] : named) {
      if (name == known) {
        out += c;
        return {};
      }
    }
    if (!name.starts_with('#')) return malformed();
    name.remove_prefix(1);
    const int base = name.starts_with('x') ? 16 : 10;
    if (base == 16) name.remove_prefix(1);
    uint32_t code = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (error != std::errc() || end != name.data() + name.size() || code == 0 || surrogate ||
        code > 0x10FFFF) {
      return malformed();
    }
    append_utf8(code, out);
    return {};
  }

  std::string_view rest_;
};

// "Buckets/Bucket": a list within an element of its own. "Contents": its elements stand where the
// list does.
struct ListNames {
  std::string_view around, element;
};
ListNames list_names(const Field& field) {
  const std::string_view name = field.wire_name.empty() ? field.name : field.wire_name;
  const size_t slash = name.find('/');
  if (slash == name.npos) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Result<> read_list(const Field& field, const XmlElement& element, Json& json) {
  const ListNames names = list_names(field);
  const XmlElement* around = names.around.empty() ? &element : element.find(names.around);
  if (around == nullptr) return {};
  Json list = Json::array();
  for (const XmlElement& child : around->children) {
    if (child.name != names.element) continue;
    PD_TRY(member, json_of_xml(field.shape.member.front(), child));
    list.push_back(std::move(member));
  }
  if (!list.empty() || !names.around.empty()) json[field.name] = std::move(list);
  return {};
}

Result<Json> read_structure(const Shape& shape, const XmlElement& element) {
  Json json = Json::object();
  for (const Field& field : shape.fields) {
    if (field.shape.kind == ShapeKind::list) {
      PD_CHECK(read_list(field, element, json));
      continue;
    }
    const XmlElement* child = element.find(field.wire_name.empty() ? field.name : field.wire_name);
    if (child == nullptr) {
      if (field.required) return malformed();
      continue;
    }
    PD_TRY(member, json_of_xml(field.shape, *child));
    json[field.name] = std::move(member);
  }
  return json;
}

std::string scalar_text(const Shape& shape, const Json& value) {
  if (shape.kind == ShapeKind::moment) {
    return iso8601_ms(int64_t(std::llround(value.get<double>() * 1000)));
  }
  if (value.is_string()) return xml_text(value.get_ref<const std::string&>());
  return dump_json(value);
}

void write_element(std::string_view name, const Shape& shape, const Json& value, std::string& out) {
  out.append("<").append(name).append(">");
  write_xml(shape, value, out);
  out.append("</").append(name).append(">");
}

}  // namespace

const XmlElement* XmlElement::find(std::string_view wanted) const {
  for (const XmlElement& child : children) {
    if (child.name == wanted) return &child;
  }
  return nullptr;
}

Result<XmlElement> parse_xml(std::string_view text) { return XmlReader(text).document(); }

Result<Json> json_of_xml(const Shape& shape, const XmlElement& element) {
  switch (shape.kind) {
    case ShapeKind::structure:
      return read_structure(shape, element);
    case ShapeKind::integer: {
      int64_t number = 0;
      const std::string& text = element.text;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) return malformed();
      return Json(number);
    }
    case ShapeKind::flag:
      if (element.text != "true" && element.text != "false") return malformed();
      return Json(element.text == "true");
    default:
      return Json(element.text);
  }
}

std::string xml_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += "&#" + std::to_string(int(c)) + ";";
        } else {
          out += c;
        }
    }
  }
  return out;
}

void write_xml(const Shape& shape, const Json& value, std::string& out) {
  if (shape.kind != ShapeKind::structure) {
    out += scalar_text(shape, value);
    return;
  }
  for (const Field& field : shape.fields) {
    const auto member = value.find(field.name);
    if (field.place != Place::body || member == value.end() || member->is_null()) continue;
    if (field.shape.kind != ShapeKind::list) {
      write_element(field.wire_name.empty() ? field.name : field.wire_name, field.shape, *member,
                    out);
      continue;
    }
    const ListNames names = list_names(field);
    if (!names.around.empty()) out.append("<").append(names.around).append(">");
    for (const Json& element : *member) {
      write_element(names.element, field.shape.member.front(), element, out);
    }
    if (!names.around.empty()) out.append("</").append(names.around).append(">");
  }
}

}  // namespace perdure::api
