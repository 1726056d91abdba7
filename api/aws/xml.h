#pragma once
// Members of a shape as elements of XML, and back.

#include <string>
#include <string_view>

#include "api/aws/shape.h"
#include "base/xml.h"

namespace perdure::api {

// MalformedXML for what is none, and for elements more than 32 deep.
Result<XmlElement> read_xml_body(std::string_view text);

// The element as the shape reads it; members that the shape does not know are left out.
Result<Json> json_of_xml(const Shape& shape, const XmlElement& element);

// `value` as the content of an element: members in the order of the shape, those absent left out.
void write_xml(const Shape& shape, const Json& value, std::string& out);

}  // namespace perdure::api
