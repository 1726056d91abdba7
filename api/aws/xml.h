#pragma once
// XML as AWS's protocols use it: elements and text. Attributes and name spaces are read over.

#include <string>
#include <string_view>
#include <vector>

#include "api/aws/shape.h"

namespace perdure::api {

struct XmlElement {
  std::string name;  // without its name space prefix
  std::string text;  // of the element itself
  std::vector<XmlElement> children;

  const XmlElement* find(std::string_view name) const;  // the first child of that name
};

// MalformedXML for anything else than one element, well formed, without a document type, at most
// 32 deep.
Result<XmlElement> parse_xml(std::string_view text);

// The element as the shape reads it; members that the shape does not know are left out.
Result<Json> json_of_xml(const Shape& shape, const XmlElement& element);

// Text as it stands between tags.
std::string xml_text(std::string_view text);
// `value` as the content of an element: members in the order of the shape, those absent left out.
void write_xml(const Shape& shape, const Json& value, std::string& out);

}  // namespace perdure::api
