#include "executors/functions/pool/process_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace perdure::executors {
namespace {

TEST(ProcessMemoryTest, TheProportionalShareIsReadFromTheKernelsText) {
  EXPECT_EQ(pss_kib_of("5500-7fff ---p 00 00:00 0 [rollup]\nRss:   9000 kB\nPss:    4321 kB\n"
                       "Pss_Dirty:  17 kB\n"),
            4321);
  EXPECT_FALSE(pss_kib_of(""));
  EXPECT_FALSE(pss_kib_of("x\nPss:"));
  EXPECT_FALSE(pss_kib_of("x\nPss: many kB\n"));
}

TEST(ProcessMemoryTest, ThisProcessHasSomeAndNobodyHasNone) {
  EXPECT_GT(process_memory_kib(getpid()).value_or(0), 100);
  EXPECT_FALSE(process_memory_kib(0));
  EXPECT_FALSE(process_memory_kib(INT32_MAX));
}

}  // namespace
}  // namespace perdure::executors
