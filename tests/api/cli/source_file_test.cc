#include "api/cli/source_file.h"

#include <gtest/gtest.h>

#include "api/cli/definition_file.h"
#include "base/files.h"

namespace perdure::api::cli {
namespace {

SourceFile read(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + name;
  EXPECT_TRUE(write_file_atomically(path, text));
  auto file = SourceFile::read(path);
  EXPECT_TRUE(file);
  return std::move(*file);
}

TEST(SourceFile, KnowsWhereJsonStands) {
  const SourceFile file =
      read("places.json", "{\"a\": {\"x\": [1, {\"y\\/z\": 2}]},\n \"é\": 3, \"b\": 4}");
  const auto at = [&](std::string_view pointer) { return *file.position(pointer); };
  EXPECT_EQ(at(""), (TextPosition{1, 1}));
  EXPECT_EQ(at("/a"), (TextPosition{1, 2}));
  EXPECT_EQ(at("/a/x/1/y~1z"), (TextPosition{1, 18}));
  EXPECT_EQ(at("/b"), (TextPosition{2, 10}));
  EXPECT_EQ(at("/a/none/deeper"), (TextPosition{1, 2}));  // the closest there is
}

TEST(SourceFile, ReadsYamlByItsName) {
  const SourceFile file = read("places.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Succeed}\n");
  EXPECT_EQ(file.json(), R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})");
  EXPECT_EQ(*file.position("/States/A/Type"), (TextPosition{3, 7}));
  EXPECT_EQ(*file.position("/States/A/Next"), (TextPosition{3, 3}));
}

TEST(DefinitionFile, FillsInNames) {
  const auto filled = fill_in_names("${FunctionArn:F} ${Other} ${StateMachineArn:M} ${",
                                    [](const std::string& kind, const std::string& name) {
                                      return Result<std::string>(kind + "=" + name);
                                    });
  EXPECT_EQ(*filled, "FunctionArn=F ${Other} StateMachineArn=M ${");
}

}  // namespace
}  // namespace perdure::api::cli
