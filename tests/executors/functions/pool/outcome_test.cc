#include "executors/functions/pool/outcome.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace perdure::executors {
namespace {

TEST(OutcomeTest, TextsAreThoseOfAws) {
  EXPECT_EQ(timed_out_payload("r", 3000),
            R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out )"
            R"(after 3.00 seconds"})");
  auto exited = [](uint32_t code, uint32_t signal) {
    return exited_payload("r", {.worker = "w", .code = code, .signal = signal});
  };
  std::string start = R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: )";
  EXPECT_EQ(exited(0, 0), start + R"(Runtime exited without providing a reason"})");
  EXPECT_EQ(exited(127, 0), start + R"(Runtime exited with error: exit status 127"})");
  EXPECT_EQ(exited(0, SIGKILL), start + R"(Runtime exited with error: signal: killed"})");
  EXPECT_EQ(exited(0, SIGSEGV),
            start + R"(Runtime exited with error: signal: segmentation fault"})");
  EXPECT_EQ(error_payload("T", "say \"no\"\n"),
            R"({"errorType":"T","errorMessage":"say \"no\"\n"})");
}

TEST(OutcomeTest, AStartErrorIsWhatTheRuntimeWrote) {
  for (const std::string payload : {R"({"errorType":5,"errorMessage":[]})", R"(["x"])", "no json",
                                    R"({"errorType":"Own","errorMessage":"m"})"}) {
    EXPECT_EQ(start_error_payload(payload, "r"), payload);
  }
  EXPECT_EQ(start_error_payload(R"({"errorType":"Extension.Crash","errorMessage":{}})", "r"),
            R"({"errorType":"Extension.Crash","errorMessage":"RequestId: r Error: "})");
}

}  // namespace
}  // namespace perdure::executors
