#include "executors/functions/catalog/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/files.h"

namespace perdure::executors {
namespace {

class PackageTest : public testing::Test {
 protected:
  PackageTest() {
    char name[] = "/tmp/perdure-test-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~PackageTest() override { (void)remove_directory(folder_); }

  struct Entry {
    std::string name, content;
    unsigned mode = 0;  // with type bits; 0: none said
  };
  std::string zip(const std::vector<Entry>& entries) {
    std::string path = folder_ + "/archive.zip";
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const Entry& entry : entries) {
      zip_source_t* source =
          zip_source_buffer(archive, entry.content.data(), entry.content.size(), 0);
      zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, 0);
      if (entry.mode != 0) {
        zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0,
                                         ZIP_OPSYS_UNIX, entry.mode << 16);
      }
    }
    zip_close(archive);
    return *read_file(path);
  }
  static std::string refusal(std::string_view bytes) {
    const auto checked = check_package(bytes);
    return checked ? "" : checked.error().name + ": " + checked.error().cause;
  }

  std::string folder_;
};

TEST_F(PackageTest, UnpacksFilesFoldersAndPermissions) {
  std::string bytes = zip({{"a.py", "1"}, {"b/c.sh", "2", S_IFREG | 0755}});
  ASSERT_TRUE(check_package(bytes));
  std::string target = folder_ + "/code";
  ASSERT_TRUE(unpack_package(bytes, target));
  EXPECT_EQ(*read_file(target + "/a.py"), "1");
  struct stat info {};
  ASSERT_EQ(stat((target + "/b/c.sh").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0755u);
  ASSERT_TRUE(unpack_package(bytes, target)) << "a second time changes nothing";
  EXPECT_EQ(list_directory(folder_)->size(), 2u) << "nothing is left over";
}

TEST_F(PackageTest, RefusesNamesThatLeadOutside) {
  for (std::string name : {"../evil", "a/../../evil", "/etc/evil", "a\\..\\evil", "./a", "a//b"}) {
    EXPECT_THAT(refusal(zip({{name, "x"}})),
                testing::StartsWith("InvalidParameterValueException: Could not unzip"))
        << name;
  }
}

TEST_F(PackageTest, LinksStayInside) {
  const std::string bytes = zip({{"lib/a.so.1", "code"},
                                 {"lib/a.so", "a.so.1", S_IFLNK | 0777},
                                 {"bin/deep/b", "../../lib/a.so", S_IFLNK | 0777}});
  ASSERT_EQ(refusal(bytes), "");
  ASSERT_TRUE(unpack_package(bytes, folder_ + "/code"));
  EXPECT_EQ(*read_file(folder_ + "/code/bin/deep/b"), "code");
  for (std::string target : {"/etc/passwd", "../x", "..", "a/../../../etc/passwd", "a/..", ""}) {
    EXPECT_THAT(refusal(zip({{"link", target, S_IFLNK | 0777}})),
                testing::HasSubstr("leads outside"))
        << target;
  }
  EXPECT_THAT(refusal(zip({{"d", "lib", S_IFLNK | 0777}, {"d/evil", "x"}})),
              testing::HasSubstr("lies behind a link"));
  EXPECT_THAT(refusal(zip({{"d", "a file"}, {"d/x", "x"}})),
              testing::HasSubstr("lies behind a link or a file"));
}

TEST_F(PackageTest, RefusesDevicesAndTwoOfAName) {
  EXPECT_NE(refusal(zip({{"null", "", S_IFCHR | 0666}})), "");
  EXPECT_NE(refusal(zip({{"a/", "", S_IFDIR | 0755}, {"a", "file"}})), "");
}

TEST_F(PackageTest, RefusesWhatIsNoArchive) {
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("not a zip"), "");
  std::string content(5000, 'x');
  std::string bytes = zip({{"a.py", content}});
  EXPECT_NE(refusal(std::string_view(bytes).substr(0, bytes.size() / 2)), "");
  std::string damaged = bytes;
  damaged[45] = static_cast<char>(damaged[45] ^ 0x55);
  EXPECT_NE(refusal(damaged), "");
}

TEST_F(PackageTest, RefusesABombWhileReadingIt) {
  // 300 MB of zeros become a few hundred kilobytes.
  std::string zeros(30u << 20, '\0');
  std::vector<Entry> entries;
  for (int i = 0; i < 10; ++i) entries.push_back({"z" + std::to_string(i), zeros});
  EXPECT_EQ(refusal(zip(entries)),
            "InvalidParameterValueException: Unzipped size must be smaller than 262144000 bytes");
}

}  // namespace
}  // namespace perdure::executors
