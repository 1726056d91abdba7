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
  PD_TRY(element, parse_xml(xml));
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

TEST(Xml, RefusesWhatIsNotWellFormed) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (const std::string& xml :
       {std::string(), std::string("<a>"), std::string("<a></b>"), std::string("<a/><b/>"),
        std::string("<a>&nbsp;</a>"), std::string("<a>&#0;</a>"), std::string("<a>&#xD800;</a>"),
        std::string("<!DOCTYPE a><a/>"), std::string("<a b></a>"), std::string("<a>&lt</a>"),
        std::string("text"), std::string("<Part><PartNumber>x</PartNumber></Part>x"), deep}) {
    EXPECT_EQ(parse_xml(xml).error().name, "MalformedXML") << xml;
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
