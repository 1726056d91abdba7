#include "executors/integrations/forward/xml.h"

#include <charconv>
#include <optional>

#include "asl/value/utf8.h"

namespace perdure::executors {
namespace {

constexpr int max_depth = 200;

Error bad(std::string_view why) { return invalid("InvalidXml", std::string(why)); }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  Result<XmlElement> document() {
    PD_CHECK(skip_between());
    XmlElement root;
    if (!rest_.starts_with('<')) return bad("there is no element");
    PD_CHECK(element(root, 0));
    PD_CHECK(skip_between());
    if (!rest_.empty()) return bad("there is more behind the root element");
    return root;
  }

 private:
  // Space, comments, instructions.
  Result<> skip_between() {
    while (true) {
      while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
      if (rest_.starts_with("<?")) {
        PD_CHECK(skip_past("?>"));
      } else if (rest_.starts_with("<!--")) {
        PD_CHECK(skip_past("-->"));
      } else {
        return {};
      }
    }
  }
  Result<> skip_past(std::string_view end) {
    const size_t at = rest_.find(end);
    if (at == rest_.npos) return bad("it ends within a comment or an instruction");
    rest_.remove_prefix(at + end.size());
    return {};
  }

  Result<> element(XmlElement& into, int depth) {
    if (depth > max_depth) return bad("it is nested too deep");
    rest_.remove_prefix(1);
    const size_t end = rest_.find_first_of(" \t\r\n/>");
    if (end == rest_.npos || end == 0) return bad("a tag has no name or no end");
    const std::string_view name = rest_.substr(0, end);
    into.name = name.substr(name.find(':') == name.npos ? 0 : name.find(':') + 1);
    rest_.remove_prefix(end);
    PD_TRY(empty, skip_attributes());
    return empty ? Result<>() : content(into, name, depth);
  }

  // True for "/>".
  Result<bool> skip_attributes() {
    char quote = 0;
    for (size_t at = 0; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        break;
      } else if (c == '>') {
        const bool empty = at > 0 && rest_[at - 1] == '/';
        rest_.remove_prefix(at + 1);
        return empty;
      }
    }
    return bad("a tag does not end");
  }

  Result<> content(XmlElement& into, std::string_view name, int depth) {
    while (true) {
      const size_t at = rest_.find('<');
      if (at == rest_.npos) return bad("an element does not end");
      PD_CHECK(append_text(rest_.substr(0, at), into.text));
      rest_.remove_prefix(at);
      if (rest_.starts_with("</")) {
        rest_.remove_prefix(2);
        if (!rest_.starts_with(name)) return bad("an end tag does not match its start");
        rest_.remove_prefix(name.size());
        while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
        if (!rest_.starts_with('>')) return bad("an end tag does not match its start");
        rest_.remove_prefix(1);
        return {};
      }
      if (rest_.starts_with("<![CDATA[")) {
        const size_t end = rest_.find("]]>");
        if (end == rest_.npos) return bad("it ends within CDATA");
        into.text += rest_.substr(9, end - 9);
        rest_.remove_prefix(end + 3);
      } else if (rest_.starts_with("<!--")) {
        PD_CHECK(skip_past("-->"));
      } else if (rest_.starts_with("<?")) {
        PD_CHECK(skip_past("?>"));
      } else if (rest_.starts_with("<!")) {
        return bad("document types are not read");
      } else {
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
      const std::string_view name = text.substr(at + 1, end - at - 1);
      text.remove_prefix(end + 1);
      PD_CHECK(append_entity(name, out));
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
    const bool hexadecimal = name.size() > 1 && name[1] == 'x';
    const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
    uint32_t code = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (failure != std::errc() || end != digits.data() + digits.size() || code == 0 || surrogate ||
        code > 0x10ffff) {
      return bad("a character's number is none");
    }
    asl::append_utf8(code, out);
    return {};
  }

  std::string_view rest_;
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

Result<XmlElement> parse_xml(std::string_view text) {
  if (!asl::valid_utf8(text)) return bad("it is not UTF-8");
  return XmlReader(text).document();
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\r') {
      out += "&#13;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace perdure::executors
