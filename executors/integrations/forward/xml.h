#pragma once
// XML as AWS's services write it, read into a tree. Strict and bounded: no document type, no
// entities but the five of XML and characters by number, at most 200 levels.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure::executors {

struct XmlElement {
  std::string name;  // without its prefix
  std::string text;  // of the element itself, markup removed
  std::vector<XmlElement> children;

  const XmlElement* child(std::string_view name) const;      // the first; null if none
  std::string_view child_text(std::string_view name) const;  // empty if there is none
  const XmlElement* find(std::string_view name) const;       // itself or the first below
};

// The root element. Errors: invalid, "InvalidXml".
Result<XmlElement> parse_xml(std::string_view text);

// For text between tags and within quotes.
std::string xml_escaped(std::string_view text);

}  // namespace perdure::executors
