#include "executors/functions/spawner/parcels.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace perdure::executors::spawn {
namespace {

class ParcelsTest : public testing::Test {
 protected:
  ParcelsTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    here_ = Descriptor(ends[0]);
    there_ = Descriptor(ends[1]);
  }
  static std::vector<Descriptor> files(std::initializer_list<const char*> contents) {
    std::vector<Descriptor> made;
    for (const std::string content : contents) {
      made.emplace_back(memfd_create("test", MFD_CLOEXEC));
      EXPECT_EQ(write(made.back().get(), content.data(), content.size()), std::ssize(content));
    }
    return made;
  }
  static std::string content_of(const std::vector<Descriptor>& parcel) {
    std::string all;
    for (const Descriptor& file : parcel) {
      char text[64];
      const ssize_t got = pread(file.get(), text, sizeof text, 0);
      all.append(text, static_cast<size_t>(std::max<ssize_t>(got, 0))) += ' ';
    }
    return all;
  }
  // Writes and reads in turn until nothing is left.
  std::string pass() {
    std::string read;
    do {
      EXPECT_EQ(out_.write(here_.get()), IoState::open);
      EXPECT_EQ(in_.read(there_.get(), read, 1 << 20), IoState::open);
    } while (!out_.empty());
    return read;
  }

  Descriptor here_, there_;
  Outgoing out_;
  Incoming in_;
};

TEST_F(ParcelsTest, DescriptorsComeInTheOrderOfTheirParcels) {
  out_.add("before");
  out_.add("one", files({"a", "b"}));
  out_.add("two", files({"c"}));
  out_.add("between");
  out_.add("three", files({"d"}));
  EXPECT_EQ(pass(), "beforeonetwobetweenthree");
  const auto one = in_.take();
  EXPECT_EQ(content_of(one), "a b ");
  EXPECT_EQ(fcntl(one[0].get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(content_of(in_.take()), "c ");
  EXPECT_EQ(content_of(in_.take()), "d ");
  EXPECT_TRUE(in_.take().empty());
}

TEST_F(ParcelsTest, ASocketThatIsFullLosesNone) {
  const std::string large(300'000, 'x');
  std::string wanted;
  for (int i = 0; i < 8; ++i) {
    out_.add(large);
    out_.add("parcel", files({"a"}));
    wanted += large + "parcel";
  }
  EXPECT_EQ(pass(), wanted);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(content_of(in_.take()), "a ");
}

// Where this process may have no more of them, what comes later still is what it is.
TEST_F(ParcelsTest, AParcelThatCannotBeTakenIsNotTheNext) {
  out_.add("one", files({"a", "b"}));
  EXPECT_EQ(out_.write(here_.get()), IoState::open);
  rlimit usual{};
  getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit none{3, usual.rlim_max};
  std::string read;
  setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_EQ(in_.read(there_.get(), read, 1 << 20), IoState::open);
  setrlimit(RLIMIT_NOFILE, &usual);
  out_.add("two", files({"c"}));
  EXPECT_EQ(read + pass(), "onetwo");
  EXPECT_TRUE(in_.take().empty());
  EXPECT_EQ(content_of(in_.take()), "c ");
}

TEST_F(ParcelsTest, WhatWasTakenAndNotUsedIsClosed) {
  out_.add("one", files({"a"}));
  pass();
  const int lowest = dup(0);
  close(lowest);
  in_.clear();
  const int again = dup(0);
  close(again);
  EXPECT_LE(again, lowest);
  there_.reset();
  out_.add("two");
  EXPECT_EQ(out_.write(here_.get()), IoState::closed);
}

}  // namespace
}  // namespace perdure::executors::spawn
