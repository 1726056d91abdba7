#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class PythonTest : public RuntimeTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(PythonTest, EchoesAndStaysWarm) {
  python("echo",
         "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n"
         "    return {'event': event, 'n': n}\n");
  auto first = invoke("echo", R"({"a":1.0})");
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_EQ(first->payload, R"({"event": {"a": 1.0}, "n": 1})");
  EXPECT_FALSE(first->function_error);
  EXPECT_GT(first->init_us, 0);
  auto second = invoke("echo", "[]");
  EXPECT_EQ(member(second, "n"), "2");
  EXPECT_EQ(second->init_us, 0);
}

}  // namespace
}  // namespace perdure::executors
