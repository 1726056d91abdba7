#include "executors/functions/sandbox/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/files.h"
#include "executors/functions/spawner/peak.h"

namespace perdure::executors::sandbox {
namespace {

TEST(CgroupsTest, HierarchiesOfVersionOneAreFoundWhereTheProcessIs) {
  const auto found = hierarchies_of(
      "24 1 0:5 / /proc rw - proc proc rw\n"
      "36 24 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup "
      "rw,cpu,cpuacct\n"
      "37 24 0:31 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "38 24 0:32 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n",
      "8:memory:/docker/ab/inner\n4:devices:/\n3:cpu,cpuacct:/\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], (Hierarchy{.root = "/sys/fs/cgroup/cpu,cpuacct",
                                 .own = "/sys/fs/cgroup/cpu,cpuacct",
                                 .cpu = true}));
  EXPECT_EQ(found[1], (Hierarchy{.root = "/sys/fs/cgroup/memory",
                                 .own = "/sys/fs/cgroup/memory/inner",
                                 .memory = true}));
}

TEST(CgroupsTest, TheOneOfVersionTwoHasAll) {
  const auto found = hierarchies_of("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                                    "0::/user.slice/session-3.scope\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].unified && found[0].memory && found[0].pids && found[0].cpu);
  EXPECT_EQ(found[0].own, "/sys/fs/cgroup/user.slice/session-3.scope");
}

TEST(CgroupsTest, NonsenseFindsNothing) {
  EXPECT_TRUE(hierarchies_of("", "").empty());
  EXPECT_TRUE(hierarchies_of("a b - cgroup\n - \n", "::\nx").empty());
}

TEST(CgroupsTest, ClosedTheyEndWhatTheyHoldAndLeaveNothingBehind) {
  const std::string name = "perdure-test-" + std::to_string(getpid()) + "-close";
  const std::vector<Hierarchy> hierarchies = own_hierarchies();
  Cgroups groups = Cgroups::open(hierarchies, name);
  if (!groups.usable()) GTEST_SKIP() << groups.why_not();
  const auto made = groups.make("w", 128, 512);
  ASSERT_TRUE(made);
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  for (const std::string& file : made->files) {
    std::ofstream(file) << child;
  }
  groups.close();
  for (const Hierarchy& hierarchy : hierarchies) {
    EXPECT_FALSE(file_exists(hierarchy.own + "/" + name)) << hierarchy.own;
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
}

// A folder that stands in for a mounted hierarchy: files appear as they are written.
class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    char name[] = "/tmp/perdure-groups-XXXXXX";
    root_ = mkdtemp(name);
  }
  ~FolderTest() override { (void)remove_directory(root_); }

  Hierarchy version_one() const {
    return {.root = root_, .own = root_, .memory = true, .pids = true, .cpu = true};
  }
  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(root_ + "/" + path, text));
  }
  std::string root_;
};

TEST_F(FolderTest, WhatWasLeftBehindIsRemoved) {
  ASSERT_TRUE(make_directories(root_ + "/ours/old-worker"));
  Cgroups groups = Cgroups::open({version_one()}, "ours");
  EXPECT_TRUE(groups.usable()) << groups.why_not();
  EXPECT_FALSE(file_exists(root_ + "/ours/old-worker"));
  groups.close();
  EXPECT_FALSE(file_exists(root_ + "/ours"));
}

TEST_F(FolderTest, AWorkersGroupComesAndGoes) {
  Cgroups groups = Cgroups::open({version_one()}, "ours");
  auto made = groups.make("w", 128, 512);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->files, testing::ElementsAre(root_ + "/ours/w/cgroup.procs"));
  EXPECT_FALSE(groups.make("w", 128, 512));
  groups.remove("w");
  EXPECT_FALSE(file_exists(root_ + "/ours/w"));
}

TEST_F(FolderTest, AGroupEndsWithAllThatIsInItAndNothingIsAdded) {
  Cgroups groups = Cgroups::open({version_one()}, "ours");
  const auto made = groups.make("w", 128, 512);
  ASSERT_TRUE(made);
  const int child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  for (const char* file : {"ours/w/cgroup.procs", "ours/w/pids.max"}) put(file, "");
  EXPECT_TRUE(Cgroups::join(made->files, child));
  groups.end("w");
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(*read_file(root_ + "/ours/w/pids.max"), "0");
  EXPECT_FALSE(Cgroups::join({root_ + "/ours/gone/cgroup.procs"}, child));
}

TEST_F(FolderTest, PeakAndKillsAreReadAsTheKernelWritesThem) {
  Cgroups groups = Cgroups::open({version_one()}, "ours");
  ASSERT_TRUE(groups.make("w", 128, 512));
  EXPECT_FALSE(groups.peak_file("w"));
  EXPECT_FALSE(groups.ran_out_of_memory("w"));
  put("ours/w/memory.max_usage_in_bytes", "67108864\n");
  put("ours/w/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
  const spawn::PeakFiles peak{.group = groups.peak_file("w"), .status = {}};
  EXPECT_EQ(spawn::peak_kib(peak, 128), 65536u);
  EXPECT_EQ(spawn::peak_kib(peak, 32), 32768u) << "what is above it lay in /tmp";
  EXPECT_FALSE(groups.ran_out_of_memory("w"));
  put("ours/w/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_TRUE(groups.ran_out_of_memory("w"));
}

TEST_F(FolderTest, WhatLiesInTmpIsNoMemoryOfTheFunction) {
  Cgroups groups = Cgroups::open({version_one()}, "ours");
  ASSERT_TRUE(groups.make("w", 128, 512));
  const Descriptor event(eventfd(1, EFD_NONBLOCK));
  put("ours/w/memory.stat", "rss 34217728\nshmem 400000000\n");
  EXPECT_FALSE(groups.exceeds("w", event.get()));
  uint64_t left = 0;
  EXPECT_LT(read(event.get(), &left, sizeof left), 0);  // the report has been taken
  put("ours/w/memory.stat", "rss 134217729\nshmem 0\n");
  EXPECT_TRUE(groups.exceeds("w", event.get()));
  EXPECT_FALSE(groups.exceeds("another", event.get()));
}

TEST_F(FolderTest, WithoutMemoryOrRightsItSaysWhy) {
  Hierarchy only_cpu = version_one();
  only_cpu.memory = false;
  EXPECT_EQ(Cgroups::open({only_cpu}, "ours").why_not(),
            "no control groups for memory and processes are mounted");
  Hierarchy nowhere = version_one();
  nowhere.own = root_ + "/not/there";
  const Cgroups groups = Cgroups::open({nowhere}, "ours");
  EXPECT_FALSE(groups.usable());
  EXPECT_THAT(groups.why_not(), testing::HasSubstr("/not/there"));
}

TEST_F(FolderTest, VersionTwoTakesTheNearestGroupThatHandsItsControllersDown) {
  put("cgroup.controllers", "cpu memory pids\n");
  ASSERT_TRUE(make_directories(root_ + "/slice/unit"));
  // The own group has processes: in a real hierarchy its children get no controllers.
  ASSERT_TRUE(make_directories(root_ + "/slice/ours"));
  put("slice/ours/cgroup.subtree_control", "");
  Hierarchy unified = version_one();
  unified.own = root_ + "/slice/unit";
  unified.unified = true;
  Cgroups groups = Cgroups::open({unified}, "ours");
  EXPECT_TRUE(groups.usable()) << groups.why_not();
  auto made = groups.make("w", 1769, 512);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->files, testing::ElementsAre(root_ + "/slice/ours/w/cgroup.procs"));
}

}  // namespace
}  // namespace perdure::executors::sandbox
