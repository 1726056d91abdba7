#include "api/cli/manifest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/cli/package.h"
#include "base/files.h"
#include "source_dir.h"

namespace perdure::api::cli {
namespace {

class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    char path[] = "/tmp/perdure-manifest-XXXXXX";
    folder_ = mkdtemp(path);
  }
  ~ManifestTest() override { (void)remove_directory(folder_); }
  void write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    ASSERT_TRUE(make_directories(path.substr(0, path.rfind('/'))));
    ASSERT_TRUE(write_file_atomically(path, text));
  }
  std::string failure(const std::string& text) {
    write("perdure.json", text);
    const auto manifest = read_manifest(folder_);
    return manifest ? "" : manifest.error().cause;
  }
  std::string folder_;
};

TEST_F(ManifestTest, ReadsTheExample) {
  const auto manifest =
      read_manifest(std::string(PERDURE_SOURCE_DIR) + "/examples/order-fulfilment");
  ASSERT_TRUE(manifest) << manifest.error().cause;
  EXPECT_EQ(manifest->functions.size(), 4u);
  EXPECT_EQ(manifest->functions[0].environment.at("CURRENCY"), "EUR");
  ASSERT_EQ(manifest->machines.size(), 1u);
  EXPECT_NE(manifest->machines[0].definition.find("StartAt"), std::string::npos);
  EXPECT_EQ(manifest->schedules.at(0).expression, "rate(1 minute)");
}

TEST_F(ManifestTest, SaysWhatIsWrong) {
  EXPECT_EQ(failure("[]"), "perdure.json must be an object");
  EXPECT_EQ(failure(R"({"function": []})"), "perdure.json has an unknown field `function`");
  EXPECT_EQ(failure(R"({"functions": [{"name": "f"}]})"),
            "perdure.json: functions[0] needs `runtime`, a text");
  EXPECT_EQ(failure(R"({"stateMachines": [{"name": "m", "definition": {}, "typ": "EXPRESS"}]})"),
            "perdure.json: stateMachines[0] has an unknown field `typ`");
  EXPECT_EQ(failure(R"({"stateMachines": [{"name": "m", "definition": "../x.json"}]})"),
            "perdure.json: stateMachines[0] names the path `../x.json`, which leaves the folder");
  EXPECT_EQ(failure(R"x({"schedules": [{"name": "s", "expression": "rate(1 day)",
                        "stateMachine": "m", "start": "soon"}]})x"),
            "perdure.json: schedules[0] `start` must be a moment such as 2026-12-24T18:00:00Z");
}

TEST_F(ManifestTest, PackagesAreTheSameForTheSameFiles) {
  write("code/app.py", "def handler(e, c): return e\n");
  write("code/lib/more.py", "x = 1\n");
  const auto first = package_folder(folder_ + "/code");
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_EQ(first->substr(0, 2), "PK");
  write("code/__pycache__/app.pyc", "cache");
  write("code/.git/config", "git");
  EXPECT_EQ(*package_folder(folder_ + "/code"), *first);
  write("code/lib/more.py", "x = 2\n");
  EXPECT_NE(*package_folder(folder_ + "/code"), *first);
}

TEST_F(ManifestTest, PackagesHaveNoSymbolicLinks) {
  write("code/app.py", "x = 1\n");
  ASSERT_EQ(symlink("/etc/passwd", (folder_ + "/code/link").c_str()), 0);
  EXPECT_FALSE(package_folder(folder_ + "/code"));
  EXPECT_FALSE(package_folder(folder_ + "/none"));
}

}  // namespace
}  // namespace perdure::api::cli
