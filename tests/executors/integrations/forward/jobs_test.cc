#include "executors/integrations/forward/jobs.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(Jobs, are_asked_for_by_what_the_start_gave) {
  const JobKind& glue = *job_kind("glue", "startJobRun");
  EXPECT_EQ(poll_parameters(glue, {{"JobName", "j"}}, {{"JobRunId", "r"}}),
            Json({{"JobName", "j"}, {"RunId", "r"}}));
  EXPECT_EQ(poll_parameters(*job_kind("batch", "submitJob"), Json::object(), {{"JobId", "b"}}),
            Json({{"Jobs", {"b"}}}));
  // A cluster that is not named is left out.
  EXPECT_EQ(poll_parameters(*job_kind("ecs", "runTask"), Json::object(),
                            {{"Tasks", Json::array({{{"TaskArn", "t"}}})}}),
            Json({{"Tasks", {"t"}}}));
  EXPECT_EQ(job_kind("glue", "getJobRun"), nullptr);
}

TEST(Jobs, end_by_their_status) {
  const JobKind& batch = *job_kind("batch", "submitJob");
  const auto polled = [](const char* status) {
    return Json{{"Jobs", Json::array({{{"Status", status}, {"JobId", "b"}}})}};
  };
  for (const char* going : {"SUBMITTED", "RUNNING", "SUCC", ""}) {
    EXPECT_FALSE(job_end(batch, polled(going))) << going;
  }
  EXPECT_FALSE(job_end(batch, Json::object()));
  EXPECT_TRUE(job_end(batch, polled("SUCCEEDED"))->good);
  EXPECT_FALSE(job_end(batch, polled("FAILED"))->good);
  EXPECT_EQ(job_end(batch, polled("FAILED"))->job["JobId"], "b");
}

TEST(Jobs, a_task_of_ecs_ends_by_its_containers) {
  const JobKind& ecs = *job_kind("ecs", "runTask");
  const auto stopped = [](int code) {
    return Json{
        {"Tasks",
         Json::array({{{"LastStatus", "STOPPED"},
                       {"Containers", Json::array({{{"ExitCode", 0}}, {{"ExitCode", code}}})}}})}};
  };
  EXPECT_TRUE(job_end(ecs, stopped(0))->good);
  EXPECT_FALSE(job_end(ecs, stopped(3))->good);
}

}  // namespace
}  // namespace perdure::executors
