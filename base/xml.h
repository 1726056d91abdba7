#pragma once
// XML as AWS's protocols use it: elements and text. Attributes and name spaces are read over.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure {

struct XmlElement {
  std::string name;  // without its prefix
  std::string text;  // of the element itself, markup removed
  std::vector<XmlElement> children;

  const XmlElement* child(std::string_view name) const;      // the first; null if none
  std::string_view child_text(std::string_view name) const;  // empty if there is none
  const XmlElement* find(std::string_view name) const;       // itself or the first below
};

// The root element. Strict and bounded: well formed, no document type, no entities but the five of
// XML and characters by number. Bytes are not checked for being UTF-8. Errors: invalid,
// "InvalidXml".
Result<XmlElement> parse_xml(std::string_view text, int max_depth = 200);

// Control characters are what XML 1.0 has no way to say. AWS's services write them as references
// all the same; strict readers want them left out, and line ends as references, so that they
// survive within quotes.
enum class XmlControls { referred_to, left_out };

// For text between tags and within double quotes.
std::string xml_escaped(std::string_view text, XmlControls controls = XmlControls::referred_to);

}  // namespace perdure
