#include "executors/functions/spawner/shepherd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace perdure::executors::spawn {
namespace {

// All that the worker prints, until it ends.
std::string output_of(const Shepherd& shepherd) {
  std::string text;
  pollfd wanted{.fd = shepherd.out[0].get(), .events = POLLIN, .revents = 0};
  while (poll(&wanted, 1, 10'000) == 1) {
    char bytes[256];
    const ssize_t got = read(wanted.fd, bytes, sizeof bytes);
    if (got <= 0) break;
    text.append(bytes, static_cast<size_t>(got));
  }
  return text;
}

// The spawner has some descriptors for each worker that lives: more in all than one of them may
// have.
TEST(ShepherdTest, AWorkerIsPreparedBesideMoreDescriptorsThanItMayHave) {
  constexpr uint64_t limit = 64;
  std::vector<Descriptor> others;
  for (uint64_t i = 0; i < 2 * limit; ++i) {
    others.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(others.back());
  }
  const Spawn order{.argv = {"/bin/sh", "-c", "ls /proc/self/fd | wc -l"},
                    .env = {"PATH=/usr/bin:/bin"},
                    .folder = "/",
                    .limits = {{RLIMIT_NOFILE, limit}}};
  sandbox::Plan plan;
  plan.worker = {{"open a file",
                  SYS_openat,
                  {sandbox::value(AT_FDCWD), sandbox::text("/dev/null"),
                   sandbox::value(O_RDONLY | O_CLOEXEC), sandbox::value(0)}}};
  auto shepherd = start_shepherd(order, plan);
  ASSERT_TRUE(shepherd) << shepherd.error().cause;
  EXPECT_EQ(output_of(*shepherd), "4\n");  // stdin, stdout, stderr and the folder that ls reads
  waitpid(shepherd->pid, nullptr, 0);
}

}  // namespace
}  // namespace perdure::executors::spawn
