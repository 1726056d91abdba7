#pragma once
// A runtime whose spawner keeps processes ready, for tests of what workers come from.

#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {

class TiersTest : public RuntimeTest {
 protected:
  // Calls fresh functions until one's worker comes from there (empty: from anything that is kept):
  // what is kept takes a moment.
  void until_ready(const std::string& runtime, const std::string& file, const std::string& source,
                   const std::string& tier) {
    for (int i = 0; i < tries; ++i) {
      const std::string name = "warmup" + std::to_string(++warmups_);
      create(name, {{file, source}}, runtime);
      auto result = invoke(name);
      ASSERT_TRUE(result && !result->function_error) << result->payload;
      if (tier.empty() ? result->tier != "plain" : result->tier == tier) return;
      usleep(50'000);
    }
    FAIL() << "no worker came from a " << (tier.empty() ? "process kept ready" : tier);
  }
  void python_ready(const std::string& tier = "") {
    until_ready("python3.11", "f.py", "def handler(e, c): return 1\n", tier);
  }
  void node_cell() {
    until_ready("nodejs20.x", "f.js", "exports.handler = async () => 1;\n", "cell");
  }
  static constexpr int tries = 25;
  int warmups_ = 0;
};

}  // namespace perdure::executors
