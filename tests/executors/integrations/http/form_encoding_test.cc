#include "executors/integrations/http/form_encoding.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

std::string encoded(std::string_view json, const char* format) {
  asl::Arena arena;
  return form_encoded(*asl::parse_json(json, arena), *array_format_named(format));
}

// The examples of AWS's page, encoded as its example of a request is.
TEST(FormEncoding, names_the_items_of_arrays_in_five_ways) {
  const char* json = R"({"array":["a","b c"]})";
  EXPECT_EQ(encoded(json, "INDICES"), "array%5B0%5D=a&array%5B1%5D=b%20c");
  EXPECT_EQ(encoded(json, "REPEAT"), "array=a&array=b%20c");
  EXPECT_EQ(encoded(json, "COMMAS"), "array=a%2Cb%20c");
  EXPECT_EQ(encoded(json, "BRACKETS"), "array%5B%5D=a&array%5B%5D=b%20c");
  EXPECT_EQ(encoded(json, "NONE"), "array=%5B%22a%22%2C%22b%20c%22%5D");
  EXPECT_FALSE(array_format_named("indices"));
}

TEST(FormEncoding, nests_objects_and_keeps_the_order) {
  EXPECT_EQ(encoded(R"({"b":{"x":1,"y":{"z":true}},"a":null,"n":1.50,"e":{},"l":[]})", "INDICES"),
            "b%5Bx%5D=1&b%5By%5D%5Bz%5D=true&a=&n=1.50");
  EXPECT_EQ(encoded(R"({"a":[{"k":"v"},["w"]]})", "INDICES"),
            "a%5B0%5D%5Bk%5D=v&a%5B1%5D%5B0%5D=w");
  EXPECT_EQ(encoded("{}", "INDICES"), "");
}

}  // namespace
}  // namespace perdure::executors
