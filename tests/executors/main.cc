// The test program is also the spawner of the runtimes it tests: `executors_test spawner --data D`.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "executors/functions/spawner/spawner.h"

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "spawner") {
    const char* linger = std::getenv("PERDURE_TEST_LINGER_MS");
    return perdure::executors::run_spawner(argv[3], linger ? std::atoll(linger) : 60'000);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
