// Answers recorded from Jayway JsonPath 2.0.0, which is what AWS runs. The recordings live beside
// the project, in the folder that PERDURE_SHARED names.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "asl/jsonpath/path.h"
#include "source_dir.h"

namespace perdure::asl::jsonpath {
namespace {

std::filesystem::path recordings() {
  const char* const folder = std::getenv("PERDURE_SHARED");
  const std::filesystem::path shared =
      folder ? folder : std::filesystem::path(PERDURE_SOURCE_DIR) / "../shared";
  return shared / "jsonpath/jayway-2.0.0.json";
}

std::string text_of(const Value& object, std::string_view key) {
  const Value value = object.get(key);
  return value.defined() ? std::string(value.as_string()) : std::string();
}

// What is wrong with our answer to one recorded case; empty if nothing is.
std::string difference(const Value& document, const Value& expected, Arena& arena) {
  const auto path = Path::compile(expected.get("selector").as_string());
  if (!path) {
    const std::string& cause = path.error().cause;
    return cause == text_of(expected, "compile_error") ? "" : "does not compile: " + cause;
  }
  if (expected.get("compile_error").defined()) return "compiles";
  if (path->definite() != expected.get("definite").as_boolean()) return "definiteness";
  Budget budget;
  const auto read = path->read(document, arena, budget);
  if (!read) {
    const bool same = read.error().name == text_of(expected, "error") &&
                      read.error().cause == text_of(expected, "message");
    return same ? "" : read.error().name + ": " + read.error().cause;
  }
  const Value value = expected.get("value");
  return value.defined() && to_json(*read) == to_json(value) ? "" : to_json(*read);
}

TEST(RecordedJsonPath, AgreesWithEveryAnswer) {
  std::ifstream file(recordings());
  if (!file) GTEST_SKIP() << "no recordings at " << recordings() << " (set PERDURE_SHARED)";
  std::stringstream text;
  text << file.rdbuf();
  const std::string json = text.str();
  Arena arena;
  const auto all = parse_json(json, arena);
  ASSERT_TRUE(all.has_value()) << all.error().cause;
  const auto documents = all->get("documents").items();
  const auto cases = all->get("cases").items();
  ASSERT_GT(cases.size(), 300u);
  for (const Value& recorded : cases) {
    const Value& document = documents[static_cast<size_t>(recorded.get("doc").as_integer())];
    const std::string wrong = difference(document, recorded, arena);
    EXPECT_EQ(wrong, "") << recorded.get("selector").as_string() << "\n  recorded "
                         << to_json(recorded).substr(0, 400);
  }
}

}  // namespace
}  // namespace perdure::asl::jsonpath
