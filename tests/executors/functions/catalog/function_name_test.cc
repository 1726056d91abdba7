#include "executors/functions/catalog/function_name.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

const engine::Tenant tenant{"111111111111", "eu-west-1"};

TEST(FunctionNameTest, NamesPartialArnsAndArnsAreUnderstood) {
  struct Case {
    std::string text, arn, qualifier;
  };
  const std::string own = "arn:aws:lambda:eu-west-1:111111111111:function:f-1_x";
  const Case cases[] = {
      {"f-1_x", own, ""},
      {"f-1_x:$LATEST", own, "$LATEST"},
      {"f-1_x:live", own, "live"},
      {"111111111111:function:f-1_x", own, ""},
      {"111111111111:function:f-1_x:3", own, "3"},
      {own, own, ""},
      {own + ":$LATEST", own, "$LATEST"},
  };
  for (const Case& c : cases) {
    auto name = parse_function_name(tenant, c.text);
    ASSERT_TRUE(name) << c.text;
    EXPECT_EQ(name->arn(), c.arn);
    EXPECT_EQ(name->qualifier, c.qualifier);
  }
}

TEST(FunctionNameTest, OtherTextsAreRefused) {
  for (std::string text : {"", "a b", "a/b", "f:", ":f", "f:q:r", "arn:aws:lambda:r:a:function",
                           "arn:aws:s3:::bucket", "f\n", "f:q!"}) {
    EXPECT_FALSE(parse_function_name(tenant, text)) << text;
  }
  EXPECT_FALSE(parse_function_name(tenant, std::string(141, 'f')));
}

TEST(FunctionNameTest, WhatIsNotTheCallersIsRefused) {
  const auto failure = [](std::string_view text) {
    const auto name = parse_function_name(tenant, text);
    return name ? "none" : name.error().name + ": " + name.error().cause;
  };
  EXPECT_EQ(failure("arn:aws:lambda:eu-west-1:222222222222:function:g:1"),
            "AccessDeniedException: User: arn:aws:iam::111111111111:root is not authorized to "
            "perform: lambda:InvokeFunction on resource: "
            "arn:aws:lambda:eu-west-1:222222222222:function:g because no resource-based policy "
            "allows the lambda:InvokeFunction action");
  EXPECT_EQ(failure("arn:aws:lambda:us-east-1:111111111111:function:g"),
            "ResourceNotFoundException: Functions from 'us-east-1' are not reachable in this "
            "region ('eu-west-1')");
}

TEST(FunctionNameTest, QualifiersThatDifferAreRefused) {
  auto name = parse_function_name(tenant, "f:1");
  EXPECT_TRUE(add_qualifier(*name, ""));
  EXPECT_TRUE(add_qualifier(*name, "1"));
  EXPECT_EQ(add_qualifier(*name, "2").error().name, "InvalidParameterValueException");
  auto plain = parse_function_name(tenant, "f");
  EXPECT_TRUE(add_qualifier(*plain, "2"));
  EXPECT_EQ(plain->qualifier, "2");
}

}  // namespace
}  // namespace perdure::executors
