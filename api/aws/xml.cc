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
  const XmlElement* around = names.around.empty() ? &element : element.child(names.around);
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
    const XmlElement* child = element.child(field.wire_name.empty() ? field.name : field.wire_name);
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
  if (value.is_string()) return xml_escaped(value.get_ref<const std::string&>());
  return dump_json(value);
}

void write_element(std::string_view name, const Shape& shape, const Json& value, std::string& out) {
  out.append("<").append(name).append(">");
  write_xml(shape, value, out);
  out.append("</").append(name).append(">");
}

}  // namespace

Result<XmlElement> read_xml_body(std::string_view text) {
  auto root = parse_xml(text, max_depth);
  return root ? std::move(root) : malformed();
}

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
