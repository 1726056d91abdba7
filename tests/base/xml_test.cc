#include "base/xml.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Xml, is_read_into_a_tree) {
  const auto root = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- a --><s:R xmlns:s='u' a=\"<>\">\n"
      " <A>1 &amp; &#x41;&#233;</A><B/><C><![CDATA[<raw>]]>&quot;<?i?></C><A >2</A ></s:R>\n");
  ASSERT_TRUE(root) << root.error().cause;
  EXPECT_EQ(root->name, "R");
  EXPECT_EQ(root->child_text("A"), "1 & Aé");
  EXPECT_EQ(root->child_text("B"), "");
  EXPECT_NE(root->child("B"), nullptr);
  EXPECT_EQ(root->child_text("C"), "<raw>\"");
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
                               "<a></ab>",
                               "<a><b></a></b>",
                               "<a></a><b/>",
                               "<a/>x",
                               "<a x='></a>",
                               "<a x></a>",
                               "<a x=1></a>",
                               "<a",
                               "<a/",
                               "<>x</>",
                               "<a>&unknown;</a>",
                               "<a>&#0;</a>",
                               "<a>&#x;</a>",
                               "<a>&#xD800;</a>",
                               "<a>&#x110000;</a>",
                               "<a>&amp</a>",
                               "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
                               "<a><!DOCTYPE x></a>",
                               "<!a></!a>",
                               "<a><![CDATA[x</a>",
                               "<a><!-- </a>",
                               deep};
  for (const std::string& text : wrong) {
    const auto read = parse_xml(text);
    ASSERT_FALSE(read) << text.substr(0, 40);
    EXPECT_EQ(read.error().name, "InvalidXml");
  }
}

TEST(Xml, is_as_deep_as_it_may_be) {
  EXPECT_TRUE(parse_xml("<a><b><c/></b></a>", 3));
  EXPECT_FALSE(parse_xml("<a><b><c/></b></a>", 2));
}

TEST(Xml, escapes_what_would_be_markup) {
  const std::string text = "a<b>&\"c\"\r\n\t";
  for (const auto controls : {XmlControls::referred_to, XmlControls::left_out}) {
    const auto back = parse_xml("<a>" + xml_escaped(text, controls) + "</a>");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->text, text);
  }
}

TEST(Xml, has_two_ways_with_control_characters) {
  EXPECT_EQ(xml_escaped("a\x01\nb"), "a&#1;\nb");
  EXPECT_EQ(xml_escaped("a\x01\nb", XmlControls::left_out), "a&#10;b");
}

}  // namespace
}  // namespace perdure
