#include "api/aws/xml.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

const Shape shape = structure(
    {in_body("Parts",
             list_of(structure({required("PartNumber", integer()), optional("ETag", text())})),
             "Part"),
     in_body("Tags", list_of(text()), "TagSet/Tag"), optional("Quiet", flag()),
     optional("At", moment())});

Result<Json> read(const std::string& xml) {
  PD_TRY(element, read_xml_body(xml));
  return json_of_xml(shape, element);
}

TEST(Xml, ReadsWhatTheShapeKnows) {
  const auto json = read(
      "<?xml version='1.0'?><!-- c --><a:X xmlns:a=\"u\" b='>'>\n <Part><PartNumber>2</PartNumber>"
      "<ETag>&quot;&#x61;&#98;&amp;</ETag></Part><Other/><Part><PartNumber>3</PartNumber></Part>"
      "<TagSet><Tag>x<![CDATA[<y>]]></Tag></TagSet><Quiet>true</Quiet></a:X>");
  ASSERT_TRUE(json);
  EXPECT_EQ(dump_json(*json), R"({"Parts":[{"ETag":"\"ab&","PartNumber":2},{"PartNumber":3}],)"
                              R"("Quiet":true,"Tags":["x<y>"]})");
}

TEST(Xml, RefusesWhatIsNotWellFormedOrNotOfTheShape) {
  std::string deep;
  for (int i = 0; i < 33; ++i) deep = "<a>" + deep + "</a>";
  for (const std::string& xml : {std::string("<a>"), std::string("<!DOCTYPE a><a/>"), deep}) {
    EXPECT_EQ(read_xml_body(xml).error().name, "MalformedXML") << xml;
  }
  EXPECT_EQ(read("<X><Part><PartNumber>x</PartNumber></Part></X>").error().name, "MalformedXML");
  EXPECT_EQ(read("<X><Part/></X>").error().name, "MalformedXML");
  EXPECT_EQ(read("<X><Quiet>maybe</Quiet></X>").error().name, "MalformedXML");
}

TEST(Xml, WritesInTheOrderOfTheShape) {
  std::string out;
  write_xml(shape,
            {{"At", 1.5},
             {"Quiet", false},
             {"Tags", {"a<b", "c\x01"}},
             {"Parts", {{{"ETag", "\"e\""}, {"PartNumber", 1}}}}},
            out);
  EXPECT_EQ(out,
            "<Part><PartNumber>1</PartNumber><ETag>&quot;e&quot;</ETag></Part>"
            "<TagSet><Tag>a&lt;b</Tag><Tag>c&#1;</Tag></TagSet><Quiet>false</Quiet>"
            "<At>1970-01-01T00:00:01.500Z</At>");
}

}  // namespace
}  // namespace perdure::api
