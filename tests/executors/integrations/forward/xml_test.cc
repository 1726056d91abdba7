#include "executors/integrations/forward/xml.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(Xml, is_read_into_a_tree) {
  const auto root = parse_xml(
      "<?xml version=\"1.0\"?><!-- a --><s:R xmlns:s='u' a=\"<>\">\n <A>1 &amp; &#x41;&#233;</A>"
      "<B/><C><![CDATA[<raw>]]></C><A>2</A></s:R>\n");
  ASSERT_TRUE(root) << root.error().cause;
  EXPECT_EQ(root->name, "R");
  EXPECT_EQ(root->child_text("A"), "1 & Aé");
  EXPECT_EQ(root->child_text("B"), "");
  EXPECT_NE(root->child("B"), nullptr);
  EXPECT_EQ(root->child_text("C"), "<raw>");
  EXPECT_EQ(root->children.size(), 4u);
  EXPECT_EQ(root->find("C"), root->child("C"));
  EXPECT_EQ(root->child("D"), nullptr);
}

TEST(Xml, refuses_what_is_none) {
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  const std::string wrong[] = {"",
                               "text",
                               "<a>",
                               "<a></b>",
                               "<a><b></a></b>",
                               "<a></a><b/>",
                               "<a x='></a>",
                               "<a",
                               "<>x</>",
                               "<a>&unknown;</a>",
                               "<a>&#0;</a>",
                               "<a>&#xD800;</a>",
                               "<a>&amp</a>",
                               "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
                               "<a><!DOCTYPE x></a>",
                               "<a><![CDATA[x</a>",
                               "<a><!-- </a>",
                               "<a>\xff</a>",
                               deep};
  for (const std::string& text : wrong) {
    EXPECT_FALSE(parse_xml(text)) << text.substr(0, 40);
  }
}

TEST(Xml, escapes_what_would_be_markup) {
  const std::string text = "a<b>&\"c\"\r";
  const auto back = parse_xml("<a>" + xml_escaped(text) + "</a>");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->text, text);
}

}  // namespace
}  // namespace perdure::executors
