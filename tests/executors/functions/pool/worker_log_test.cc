#include "executors/functions/pool/worker_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "base/thread_runner.h"

namespace perdure::executors {
namespace {

class WorkerLogTest : public testing::Test {
 protected:
  WorkerLogTest() {
    char name[] = "/tmp/perdure-test-XXXXXX";
    folder_ = mkdtemp(name);
    logs_ = std::make_unique<engine::Logs>(engine::LogOptions{.folder = folder_}, clock_, runner_);
    log_ = std::make_unique<WorkerLog>(*logs_, clock_, engine::Tenant{}, "/aws/lambda/f", "stream");
  }
  ~WorkerLogTest() override {
    runner_.stop();
    logs_.reset();
    (void)remove_directory(folder_);
  }
  std::vector<std::string> lines() {
    std::vector<std::string> found;
    for (const auto& line : *logs_->read({.group = "/aws/lambda/f"})) found.push_back(line.message);
    return found;
  }

  std::string folder_;
  SystemClock clock_;
  ThreadRunner runner_{"logs"};
  std::unique_ptr<engine::Logs> logs_;
  std::unique_ptr<WorkerLog> log_;
};

TEST_F(WorkerLogTest, PiecesBecomeLinesAndStreamsStayApart) {
  log_->output(1, 0, "one\ntw");
  log_->output(2, 0, "error\n");
  log_->output(1, 7, "o\n\nrest");
  log_->start("r", "$LATEST");
  EXPECT_THAT(lines(),
              testing::ElementsAre("one", "error", "[7 bytes of output were not kept]", "two", "",
                                   "rest", "START RequestId: r Version: $LATEST"));
}

TEST_F(WorkerLogTest, ALineWithoutEndIsCutAtCloudWatchsLimit) {
  log_->output(1, 0, std::string(600 << 10, 'x'));
  log_->output(1, 0, "\n");
  std::vector<size_t> sizes;
  for (const std::string& line : lines()) sizes.push_back(line.size());
  EXPECT_THAT(sizes, testing::ElementsAre(256u << 10, 256u << 10, 88u << 10));
}

TEST_F(WorkerLogTest, TheReportAndTheTailAreThoseOfAws) {
  log_->output(1, 0, "before\n");
  log_->start("r", "$LATEST");
  log_->output(1, 0, "said");
  log_->report({.request_id = "r",
                .duration_us = 1234,
                .billed_ms = 12,
                .init_us = 10'500,
                .memory_mib = 128,
                .peak_kib = 20'000,
                .status = "timeout"});
  std::string report =
      "REPORT RequestId: r\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax "
      "Memory Used: 20 MB\tInit Duration: 10.50 ms\tStatus: timeout\t";
  EXPECT_EQ(log_->tail(),
            "START RequestId: r Version: $LATEST\nsaid\nEND RequestId: r\n" + report + "\n");
  log_->output(1, 0, std::string(10'000, 'y') + "\n");
  EXPECT_EQ(log_->tail().size(), 4096u);
}

TEST_F(WorkerLogTest, WithJsonThePlatformsRecordsAreJson) {
  WorkerLog log(*logs_, clock_, engine::Tenant{}, "/aws/lambda/f", "stream", {.json = true});
  log.start("r", "$LATEST");
  log.output(1, 0, "said\n");
  log.report({.request_id = "r",
              .duration_us = 1234,
              .billed_ms = 12,
              .init_us = 10'500,
              .memory_mib = 128,
              .peak_kib = 20'000});
  const auto written = lines();
  ASSERT_EQ(written.size(), 3u);
  const Json start = *parse_json(written[0]);
  EXPECT_EQ(start["type"], "platform.start");
  EXPECT_EQ(start["record"], (Json{{"requestId", "r"}, {"version", "$LATEST"}}));
  EXPECT_THAT(start["time"].get<std::string>(), testing::EndsWith("Z"));
  EXPECT_EQ(written[1], "said");
  const Json report = *parse_json(written[2]);
  EXPECT_EQ(report["type"], "platform.report");
  EXPECT_EQ(report["record"], (Json{{"requestId", "r"},
                                    {"status", "success"},
                                    {"metrics",
                                     {{"durationMs", 1.23},
                                      {"billedDurationMs", 12},
                                      {"memorySizeMB", 128},
                                      {"maxMemoryUsedMB", 20},
                                      {"initDurationMs", 10.5}}}}));
}

TEST_F(WorkerLogTest, WithALevelOfWarnOnlyFailuresAreReported) {
  WorkerLog log(*logs_, clock_, engine::Tenant{}, "/aws/lambda/f", "stream",
                {.json = true, .failures_only = true});
  log.start("r", "$LATEST");
  log.report({.request_id = "r"});
  log.report({.request_id = "r", .status = "timeout"});
  const auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ((*parse_json(written[0]))["record"]["status"], "timeout");
}

}  // namespace
}  // namespace perdure::executors
