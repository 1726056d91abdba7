#include "executors/functions/sandbox/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>

namespace perdure::executors::sandbox {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Kind = HostEntry::Kind;

const Machine& machine() {
  static const Machine one{.entries = {{"/usr", Kind::folder, "/usr"},
                                       {"/lib", Kind::link, "usr/lib"},
                                       {"/etc/hosts", Kind::file, "/etc/hosts"}},
                           .landlock_abi = 7};
  return one;
}

Box root_box() {
  return {.level = Level::a,
          .worker_uid = first_worker_uid + 7,
          .tmp_mib = 768,
          .binds = {{"/data/code", "/var/task"}},
          .cgroups = {"/groups/w/cgroup.procs"}};
}

std::vector<std::string> names_of(const std::vector<Call>& calls) {
  std::vector<std::string> names;
  for (const Call& call : calls) names.push_back(call.name);
  return names;
}

// Of the call with this name: its arguments, texts as texts, the rest as numbers.
std::vector<std::string> arguments_of(const std::vector<Call>& calls, const std::string& name) {
  std::vector<std::string> shown;
  for (const Call& call : calls) {
    if (call.name != name) continue;
    for (const Argument& each : call.arguments) {
      const bool bytes = each.kind == Argument::Kind::bytes;
      shown.push_back(bytes ? std::string(each.bytes.c_str()) : std::to_string(each.number));
    }
    break;
  }
  return shown;
}

size_t place_of(const std::vector<Call>& calls, const std::string& name) {
  const auto names = names_of(calls);
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

TEST(LayoutTest, WithoutASandboxThereIsNothingToDo) {
  EXPECT_TRUE(make_plan({.level = Level::none}, machine()).empty());
}

TEST(LayoutTest, RootGivesEachWorkerNamespacesAUserAndItsOwnFiles) {
  const Plan plan = make_plan(root_box(), machine());
  EXPECT_EQ(plan.namespaces, uint64_t{CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS});
  const auto house = names_of(plan.house);
  EXPECT_EQ(house.front(), "open /groups/w/cgroup.procs");
  EXPECT_THAT(house, AllOf(Contains("mount /usr"), Contains("link /lib"), Contains("mount /proc"),
                           Contains("mount /var/task"), Contains("mount /etc/hosts")));
  EXPECT_THAT(house, Not(Contains(HasSubstr("uid_map"))));
  EXPECT_THAT(arguments_of(plan.house, "mount /tmp"), Contains("mode=1777,size=768m"));
  EXPECT_EQ(arguments_of(plan.house, "mount /var/task")[0], "/.old/data/code");
  const std::string uid = std::to_string(first_worker_uid + 7);
  EXPECT_EQ(arguments_of(plan.worker, "setresuid"), std::vector<std::string>(3, uid));
}

TEST(LayoutTest, NothingOfTheOldRootIsLeftAndTheNewOneIsReadOnly) {
  const Plan plan = make_plan(root_box(), machine());
  const size_t gone = place_of(plan.house, "let go of the old root");
  const size_t closed = place_of(plan.house, "restrict /");
  EXPECT_LT(place_of(plan.house, "mount /var/task"), gone);
  EXPECT_LT(gone, closed);
  for (size_t i = closed; i < plan.house.size(); ++i) EXPECT_NE(plan.house[i].number, SYS_mount);
  // Each bind is restricted at once.
  for (size_t i = 0; i < plan.house.size(); ++i) {
    const auto& arguments = plan.house[i].arguments;
    if (plan.house[i].number != SYS_mount || arguments[0].bytes.rfind("/.old", 0) != 0) continue;
    EXPECT_EQ(plan.house[i + 1].name, "restrict " + plan.house[i].name.substr(6));
  }
}

TEST(LayoutTest, WithoutRootAUserNamespaceMapsOneUser) {
  const Plan plan =
      make_plan({.level = Level::b, .user_namespace = true, .uid = 1000, .gid = 100}, machine());
  EXPECT_TRUE(plan.namespaces & CLONE_NEWUSER);
  EXPECT_EQ(arguments_of(plan.house, "write /proc/self/uid_map")[1], "993 1000 1");
  EXPECT_EQ(arguments_of(plan.house, "write /proc/self/gid_map")[1], "990 100 1");
  EXPECT_THAT(names_of(plan.worker), Not(Contains("setresuid")));
}

TEST(LayoutTest, InPlaceOnlyLandlockAndSeccompAreThere) {
  const Plan plan = make_plan({.level = Level::c,
                               .binds = {{"/data/code", "/var/task"}},
                               .writable_folders = {"/data/tmp"}},
                              machine());
  EXPECT_EQ(plan.namespaces, 0u);
  EXPECT_TRUE(plan.house.empty());
  const auto names = names_of(plan.worker);
  EXPECT_THAT(names, AllOf(Contains("open /data/code"), Contains("open /data/tmp"),
                           Contains("open /usr"), Contains("enter the Landlock domain")));
  EXPECT_THAT(names, Not(Contains("open /tmp")));
  EXPECT_EQ(names.back(), "install the seccomp filter");
}

TEST(LayoutTest, EveryLevelEndsWithoutPrivilegesAndWithAFilter) {
  for (Level level : {Level::c, Level::b, Level::a}) {
    Box box = root_box();
    box.level = level;
    if (level == Level::c) box.worker_uid = 0;
    const auto names = names_of(make_plan(box, machine()).worker);
    EXPECT_THAT(names, AllOf(Contains("set no_new_privs"), Contains("drop capabilities")));
    EXPECT_EQ(names.back(), "install the seccomp filter");
  }
}

// What forks workers keeps one right, and has a place for their roots that no copy of it shows.
TEST(LayoutTest, WhatForksWorkersMayChangeItsRootAndNothingElse) {
  Box box = root_box();
  box.forks = true;
  const Plan plan = make_plan(box, machine());
  EXPECT_EQ(arguments_of(plan.house, "mount /.workers").back(), "mode=700,size=1m");
  for (const char* path : {"/tmp", "/.workers"}) {
    const std::string left_out = std::string("leave out of copies ") + path;
    EXPECT_LT(place_of(plan.house, std::string("mount ") + path), place_of(plan.house, left_out));
    EXPECT_LT(place_of(plan.house, left_out), place_of(plan.house, "restrict /"));
  }
  EXPECT_THAT(names_of(plan.worker), AllOf(Contains("pass on chroot"), Contains("open /.workers"),
                                           Not(Contains("limit the processes"))));
  EXPECT_THAT(names_of(make_plan(root_box(), machine()).worker),
              Not(testing::AnyOf(Contains("pass on chroot"), Contains("keep capabilities"))));
}

TEST(LayoutTest, AForkedWorkerGivesThatUpAndGetsADomainOfItsOwn) {
  Box box = root_box();
  box.forks = true;
  const auto calls = forked_calls(box, machine());
  const auto names = names_of(calls);
  EXPECT_EQ(names.front(), "chroot");
  EXPECT_EQ(names[1], "drop capabilities");
  EXPECT_THAT(names, AllOf(Contains("enter the Landlock domain"), Contains("open /tmp"),
                           Not(Contains("open /.workers")), Not(Contains("pass on chroot"))));
  EXPECT_EQ(names.back(), "install the seccomp filter");
}

TEST(LayoutTest, AFunctionWithoutNetworkGetsAnEmptyOne) {
  Box box = root_box();
  EXPECT_FALSE(make_plan(box, machine()).namespaces & CLONE_NEWNET);
  box.network = false;
  EXPECT_TRUE(make_plan(box, machine()).namespaces & CLONE_NEWNET);
}

}  // namespace
}  // namespace perdure::executors::sandbox
