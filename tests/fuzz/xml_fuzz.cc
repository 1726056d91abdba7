// Any bytes as XML: what is accepted says the same when it is written anew.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/xml.h"

using namespace perdure;

namespace {

std::string written(const XmlElement& element, XmlControls controls) {
  std::string text = "<" + element.name + ">" + xml_escaped(element.text, controls);
  for (const XmlElement& child : element.children) text += written(child, controls);
  return text + "</" + element.name + ">";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto root = parse_xml(text);
  if (!root) {
    PD_ASSERT(root.error().name == "InvalidXml" && !root.error().cause.empty());
    return 0;
  }
  // Without its prefix a name may be empty ("<a:>") or begin as markup does.
  const std::string again = written(*root, XmlControls::referred_to);
  const auto back = parse_xml(again);
  if (!back) return 0;
  PD_ASSERT(written(*back, XmlControls::referred_to) == again);
  PD_ASSERT(back->text == root->text && back->children.size() == root->children.size());
  return 0;
}
