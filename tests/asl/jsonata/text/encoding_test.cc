#include "asl/jsonata/text/encoding.h"

#include <gtest/gtest.h>

namespace perdure::asl::jsonata::text {
namespace {

Fault malformed(std::string function, std::string_view text) {
  return Fault("D3140", 0, std::move(function), json_text(text));
}

TEST(EncodeUrl, LeavesWhatHasAMeaningInAUrl) {
  EXPECT_EQ(*encode_url("https://mozilla.org/?x=шеллы"),
            "https://mozilla.org/?x=%D1%88%D0%B5%D0%BB%D0%BB%D1%8B");
  EXPECT_EQ(*encode_url("-_.!~*'();/?:@&=+$,#"), "-_.!~*'();/?:@&=+$,#");
  EXPECT_EQ(*encode_url("[]{}%^`|\\ \x7f"), "%5B%5D%7B%7D%25%5E%60%7C%5C%20%7F");
}

TEST(EncodeUrlComponent, EncodesThatToo) {
  EXPECT_EQ(*encode_url_component("?x=test"), "%3Fx%3Dtest");
  EXPECT_EQ(*encode_url_component("-_.!~*'();/?:@&=+$,#"),
            "-_.!~*'()%3B%2F%3F%3A%40%26%3D%2B%24%2C%23");
}

TEST(EncodeUrl, RefusesALoneSurrogate) {
  const std::string lone = "a\xed\xa0\x80";
  EXPECT_EQ(encode_url(lone).error(), malformed("encodeUrl", lone));
  EXPECT_EQ(encode_url_component(lone).error(), malformed("encodeUrlComponent", lone));
}

TEST(DecodeUrl, LeavesTheEscapesThatHaveAMeaningInAUrl) {
  EXPECT_EQ(*decode_url("%2F%41%C3%A9%26"), "%2FAé%26");
  EXPECT_EQ(*decode_url_component("%2F%41%c3%a9%26 +"), "/Aé& +");
  EXPECT_EQ(*decode_url_component("%F0%9F%92%A9"), "💩");
}

TEST(DecodeUrl, RefusesBrokenEscapes) {
  for (const auto* text :
       {"%E0%A4%A", "%zz", "%", "%4", "a%ff", "%C3x", "%C0%80", "%ED%A0%80", "%80", "%C3%28"}) {
    EXPECT_EQ(decode_url(text).error(), malformed("decodeUrl", text));
    EXPECT_EQ(decode_url_component(text).error(), malformed("decodeUrlComponent", text));
  }
}

TEST(Base64, IsOfUtf8Bytes) {
  EXPECT_EQ(base64_encode("hello:world"), "aGVsbG86d29ybGQ=");
  EXPECT_EQ(base64_encode("é"), "w6k=");
  EXPECT_EQ(base64_decode("aGVsbG86d29ybGQ="), "hello:world");
  EXPECT_EQ(base64_decode("w6k="), "é");
}

TEST(Base64, DecodesWhatItCan) {
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_EQ(base64_decode("aGVs\nbG8"), "hello");
  EXPECT_EQ(base64_decode("aGVsb"), "hel");
  EXPECT_EQ(base64_decode("aGk=ignored"), "hi");
  EXPECT_EQ(base64_decode("_w"), "\ufffd");
}

}  // namespace
}  // namespace perdure::asl::jsonata::text
