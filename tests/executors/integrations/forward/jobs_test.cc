#include "executors/integrations/forward/jobs.h"

#include <gtest/gtest.h>

#include <sstream>

#include "executors/integrations/forward/action_forms.h"
#include "executors/integrations/forward/optimised.h"
#include "executors/integrations/forward/service_model.h"

namespace perdure::executors {
namespace {

TEST(Jobs, are_asked_for_by_what_the_start_gave) {
  const JobKind& glue = *job_kind("glue", "startJobRun");
  EXPECT_EQ(filled_in(glue.poll_parameters, {{"JobName", "j"}}, {{"JobRunId", "r"}}),
            Json({{"JobName", "j"}, {"RunId", "r"}}));
  EXPECT_EQ(
      filled_in(job_kind("batch", "submitJob")->poll_parameters, Json::object(), {{"JobId", "b"}}),
      Json({{"Jobs", {"b"}}}));
  // A cluster that is not named is left out.
  EXPECT_EQ(filled_in(job_kind("ecs", "runTask")->poll_parameters, Json::object(),
                      {{"Tasks", Json::array({{{"TaskArn", "t"}}})}}),
            Json({{"Tasks", {"t"}}}));
  EXPECT_EQ(job_kind("glue", "getJobRun"), nullptr);
}

// EMR's actions have names and parameters that no operation of the service has.
TEST(Jobs, of_emr_are_called_by_other_names) {
  const ActionForm& add = *action_form("elasticmapreduce", "addStep");
  const Json given = {{"ClusterId", "j-1"}, {"Step", {{"Name", "s"}}}};
  EXPECT_EQ(add.operation, "AddJobFlowSteps");
  EXPECT_EQ(filled_in(add.parameters, given, {}),
            Json({{"JobFlowId", "j-1"}, {"Steps", Json::array({{{"Name", "s"}}})}}));
  const Json started = filled_in(add.answer, {}, {{"StepIds", {"s-1"}}});
  EXPECT_EQ(started, Json({{"StepId", "s-1"}}));
  const JobKind& step = *job_kind("elasticmapreduce", "addStep");
  EXPECT_EQ(filled_in(step.poll_parameters, given, started),
            Json({{"ClusterId", "j-1"}, {"StepId", "s-1"}}));
  const auto polled = [](const char* state) {
    return Json{{"Step", {{"Id", "s-1"}, {"Status", {{"State", state}}}}}};
  };
  EXPECT_FALSE(job_end(step, polled("RUNNING")));
  EXPECT_EQ(job_end(step, polled("COMPLETED"))->job, polled("COMPLETED"));
  EXPECT_FALSE(job_end(step, polled("CANCELLED"))->good);
  EXPECT_EQ(action_form("elasticmapreduce", "listSteps"), nullptr);
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

// Where the poll's answer is the job itself.
TEST(Jobs, may_be_the_whole_answer) {
  const JobKind& training = *job_kind("sagemaker", "createTrainingJob");
  EXPECT_EQ(filled_in(training.poll_parameters, {{"TrainingJobName", "t"}}, Json::object()),
            Json({{"TrainingJobName", "t"}}));
  const auto polled = [](const char* status) { return Json{{"TrainingJobStatus", status}}; };
  EXPECT_FALSE(job_end(training, polled("InProgress")));
  EXPECT_EQ(job_end(training, polled("Completed"))->job, polled("Completed"));
  EXPECT_FALSE(job_end(training, polled("Stopped"))->good);
}

// Every row of the table, against the models of the services: operations, parameters and the way
// to the status exist.
TEST(Jobs, are_what_the_models_say) {
  ModelLibrary library("");
  if (!library.find("batch")) GTEST_SKIP() << "SKIP no service models are installed";
  for (const JobKind& kind : job_kinds()) {
    const std::string what = std::string(kind.service) + ":" + std::string(kind.action);
    const OptimisedService* service = optimised_service(kind.service);
    ASSERT_NE(service, nullptr) << what;
    const ActionForm* form = action_form(kind.service, kind.action);
    const bool other = form != nullptr && !form->sdk.empty();
    const auto model = library.find(std::string(other ? form->sdk : service->sdk));
    if (!model) continue;  // of a service that the installed models do not know
    const std::string operation =
        form != nullptr ? std::string(form->operation) : upper_first(std::string(kind.action));
    const Json* called = (*model)->operation(operation);
    ASSERT_NE(called, nullptr) << what;
    if (form != nullptr && !form->parameters.empty()) {
      const Json parameters = *parse_json(form->parameters);
      for (const auto& [name, value] : parameters.items()) {
        EXPECT_NE(member_of((*model)->shape_of(called->at("input")).at("members"), name), nullptr)
            << what << " " << name;
      }
    }
    const Json* poll = (*model)->operation(std::string(kind.poll));
    if (poll == nullptr && other) continue;  // an old model
    ASSERT_NE(poll, nullptr) << what;
    const Json& input = (*model)->shape_of(poll->at("input"));
    const Json pattern = *parse_json(kind.poll_parameters);
    for (const auto& [name, value] : pattern.items()) {
      EXPECT_NE(member_of(input.at("members"), name), nullptr) << what << " " << name;
    }
    const Json* shape = &(*model)->shape_of(poll->at("output"));
    std::istringstream way(std::string(kind.job) + std::string(kind.status));
    for (std::string name; std::getline(way, name, '/');) {
      if (name.empty()) continue;
      const Json* member =
          name == "0" ? &shape->at("member") : member_of(shape->at("members"), name);
      ASSERT_NE(member, nullptr) << what << " " << name;
      shape = &(*model)->shape_of(*member);
    }
    EXPECT_EQ((*shape).value("type", ""), "string") << what;
  }
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
