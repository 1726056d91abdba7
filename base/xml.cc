#include "base/xml.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace perdure {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Error bad(std::string_view why) { return invalid("InvalidXml", std::string(why)); }

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
  XmlReader(std::string_view text, int max_depth) : rest_(text), max_depth_(max_depth) {}

  Result<XmlElement> document() {
    take(byte_order_mark);
    PD_CHECK(skip_between());
    if (!take("<")) return bad("there is no element");
    XmlElement root;
    PD_CHECK(element(root, 1));
    PD_CHECK(skip_between());
    if (!rest_.empty()) return bad("there is more behind the root element");
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
  Result<> skip_past(std::string_view end) {
    const size_t at = rest_.find(end);
    if (at == rest_.npos) return bad("it ends within a comment, an instruction or a value");
    rest_.remove_prefix(at + end.size());
    return {};
  }
  // Spaces, comments and processing instructions.
  Result<> skip_between() {
    while (true) {
      skip_spaces();
      if (take("<?")) {
        PD_CHECK(skip_past("?>"));
      } else if (take("<!--")) {
        PD_CHECK(skip_past("-->"));
      } else {
        return {};
      }
    }
  }

  Result<std::string_view> name() {
    const size_t end = std::min(rest_.find_first_of(" \t\r\n/>=<\"'"), rest_.size());
    if (end == 0 || rest_[0] == '!') return bad("a tag or an attribute has no name");
    const std::string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return name;
  }

  Result<> skip_attributes() {
    while (true) {
      skip_spaces();
      if (rest_.empty()) return bad("a tag does not end");
      if (rest_.front() == '>' || rest_.front() == '/') return {};
      PD_CHECK(name());
      skip_spaces();
      if (!take("=")) return bad("an attribute has no value");
      skip_spaces();
      if (!rest_.starts_with('"') && !rest_.starts_with('\'')) {
        return bad("the value of an attribute has no quotes");
      }
      const std::string_view quote = rest_.substr(0, 1);
      rest_.remove_prefix(1);
      PD_CHECK(skip_past(quote));
    }
  }

  // Behind its "<".
  Result<> element(XmlElement& into, int depth) {
    if (depth > max_depth_) return bad("it is nested too deep");
    PD_TRY(tag, name());
    into.name = tag.substr(tag.find(':') == tag.npos ? 0 : tag.find(':') + 1);
    PD_CHECK(skip_attributes());
    if (take("/>")) return {};
    if (!take(">")) return bad("a tag does not end");
    PD_CHECK(content(into, depth));
    if (!take(tag)) return bad("an end tag does not match its start");
    skip_spaces();
    return take(">") ? Result<>() : bad("an end tag does not match its start");
  }

  // Up to behind the "</" that ends it.
  Result<> content(XmlElement& into, int depth) {
    while (true) {
      const size_t at = rest_.find('<');
      if (at == rest_.npos) return bad("an element does not end");
      PD_CHECK(append_text(rest_.substr(0, at), into.text));
      rest_.remove_prefix(at);
      if (take("</")) return {};
      if (take("<!--")) {
        PD_CHECK(skip_past("-->"));
      } else if (take("<![CDATA[")) {
        const std::string_view raw = rest_;
        PD_CHECK(skip_past("]]>"));
        into.text += raw.substr(0, raw.size() - rest_.size() - 3);
      } else if (take("<?")) {
        PD_CHECK(skip_past("?>"));
      } else {
        rest_.remove_prefix(1);
        into.children.emplace_back();
        PD_CHECK(element(into.children.back(), depth + 1));
      }
    }
  }

  static Result<> append_text(std::string_view text, std::string& out) {
    while (true) {
      const size_t at = text.find('&');
      out += text.substr(0, at);
      if (at == text.npos) return {};
      const size_t end = text.find(';', at);
      if (end == text.npos) return bad("an entity does not end");
      PD_CHECK(append_entity(text.substr(at + 1, end - at - 1), out));
      text.remove_prefix(end + 1);
    }
  }

  static Result<> append_entity(std::string_view name, std::string& out) {
    constexpr std::pair<std::string_view, char> known[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [word, c] : known) {
      if (word == name) {
        out += c;
        return {};
      }
    }
    if (!name.starts_with('#')) return bad("an unknown entity");
    const bool hexadecimal = name.starts_with("#x");
    const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
    uint32_t code = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (failure != std::errc() || end != digits.data() + digits.size() || code == 0 || surrogate ||
        code > 0x10FFFF) {
      return bad("a character's number is none");
    }
    append_utf8(code, out);
    return {};
  }

  std::string_view rest_;
  const int max_depth_;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const {
  for (const XmlElement& one : children) {
    if (one.name == wanted) return &one;
  }
  return nullptr;
}

std::string_view XmlElement::child_text(std::string_view wanted) const {
  const XmlElement* one = child(wanted);
  return one == nullptr ? std::string_view() : one->text;
}

const XmlElement* XmlElement::find(std::string_view wanted) const {
  if (name == wanted) return this;
  for (const XmlElement& one : children) {
    if (const XmlElement* found = one.find(wanted)) return found;
  }
  return nullptr;
}

Result<XmlElement> parse_xml(std::string_view text, int max_depth) {
  return XmlReader(text, max_depth).document();
}

std::string xml_escaped(std::string_view text, XmlControls controls) {
  const bool strict = controls == XmlControls::left_out;
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    const bool line_end = c == '\n' || c == '\r';
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (!control || c == '\t' || (c == '\n' && !strict)) {
      out += c;
    } else if (!strict || line_end) {
      out += "&#" + std::to_string(int{c}) + ";";
    }
  }
  return out;
}

}  // namespace perdure
