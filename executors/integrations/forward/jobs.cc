#include "executors/integrations/forward/jobs.h"

#include <algorithm>
#include <array>

namespace perdure::executors {
namespace {

constexpr std::array<JobKind, 32> kinds = {{
    {"batch", "submitJob", "DescribeJobs", R"({"Jobs":["out:/JobId"]})", "/Jobs/0", "/Status",
     "SUCCEEDED", "FAILED"},
    {"glue", "startJobRun", "GetJobRun", R"({"JobName":"in:/JobName","RunId":"out:/JobRunId"})",
     "/JobRun", "/JobRunState", "SUCCEEDED", "FAILED STOPPED TIMEOUT ERROR EXPIRED"},
    {"athena", "startQueryExecution", "GetQueryExecution",
     R"({"QueryExecutionId":"out:/QueryExecutionId"})", "/QueryExecution", "/Status/State",
     "SUCCEEDED", "FAILED CANCELLED"},
    {"codebuild", "startBuild", "BatchGetBuilds", R"({"Ids":["out:/Build/Id"]})", "/Builds/0",
     "/BuildStatus", "SUCCEEDED", "FAILED FAULT STOPPED TIMED_OUT"},
    {"ecs", "runTask", "DescribeTasks",
     R"({"Cluster":"in:/Cluster","Tasks":["out:/Tasks/0/TaskArn"]})", "/Tasks/0", "/LastStatus",
     "STOPPED", ""},
    {"codebuild", "startBuildBatch", "BatchGetBuildBatches", R"({"Ids":["out:/BuildBatch/Id"]})",
     "/BuildBatches/0", "/BuildBatchStatus", "SUCCEEDED", "FAILED FAULT STOPPED TIMED_OUT"},
    {"databrew", "startJobRun", "DescribeJobRun", R"({"Name":"in:/Name","RunId":"out:/RunId"})", "",
     "/State", "SUCCEEDED", "FAILED STOPPED TIMEOUT"},
    {"mediaconvert", "createJob", "GetJob", R"({"Id":"out:/Job/Id"})", "/Job", "/Status",
     "COMPLETE", "ERROR CANCELED"},
    {"emr-containers", "startJobRun", "DescribeJobRun",
     R"({"VirtualClusterId":"in:/VirtualClusterId","Id":"out:/Id"})", "/JobRun", "/State",
     "COMPLETED", "FAILED CANCELLED"},
    {"emr-serverless", "startJobRun", "GetJobRun",
     R"({"ApplicationId":"in:/ApplicationId","JobRunId":"out:/JobRunId"})", "/JobRun", "/State",
     "SUCCESS", "FAILED CANCELLED"},
    {"emr-serverless", "createApplication", "GetApplication",
     R"({"ApplicationId":"out:/ApplicationId"})", "/Application", "/State", "CREATED STARTED",
     "TERMINATED"},
    {"emr-serverless", "startApplication", "GetApplication",
     R"({"ApplicationId":"in:/ApplicationId"})", "/Application", "/State", "STARTED",
     "STOPPED TERMINATED"},
    {"eks", "createCluster", "DescribeCluster", R"({"Name":"in:/Name"})", "/Cluster", "/Status",
     "ACTIVE", "FAILED"},
    {"eks", "createNodegroup", "DescribeNodegroup",
     R"({"ClusterName":"in:/ClusterName","NodegroupName":"in:/NodegroupName"})", "/Nodegroup",
     "/Status", "ACTIVE", "CREATE_FAILED DEGRADED"},
    {"codebuild", "retryBuildBatch", "BatchGetBuildBatches", R"({"Ids":["out:/BuildBatch/Id"]})",
     "/BuildBatches/0", "/BuildBatchStatus", "SUCCEEDED", "FAILED FAULT STOPPED TIMED_OUT"},
    {"bedrock", "createModelCustomizationJob", "GetModelCustomizationJob",
     R"({"JobIdentifier":"out:/JobArn"})", "", "/Status", "Completed", "Failed Stopped"},
    {"elasticmapreduce", "createCluster", "DescribeCluster", R"({"ClusterId":"out:/ClusterId"})",
     "", "/Cluster/Status/State", "WAITING TERMINATED", "TERMINATED_WITH_ERRORS", "",
     R"({"ClusterId":"in:/ClusterId","Cluster":"out:/Cluster"})"},
    {"elasticmapreduce", "terminateCluster", "DescribeCluster", R"({"ClusterId":"in:/ClusterId"})",
     "", "/Cluster/Status/State", "TERMINATED TERMINATED_WITH_ERRORS", ""},
    {"elasticmapreduce", "addStep", "DescribeStep",
     R"({"ClusterId":"in:/ClusterId","StepId":"out:/StepId"})", "", "/Step/Status/State",
     "COMPLETED", "FAILED CANCELLED INTERRUPTED"},
    {"emr-containers", "deleteVirtualCluster", "DescribeVirtualCluster", R"({"Id":"in:/Id"})",
     "/VirtualCluster", "/State", "TERMINATED", "ARRESTED", "ResourceNotFoundException"},
    {"emr-serverless", "stopApplication", "GetApplication",
     R"({"ApplicationId":"in:/ApplicationId"})", "/Application", "/State", "STOPPED", "TERMINATED"},
    {"emr-serverless", "deleteApplication", "GetApplication",
     R"({"ApplicationId":"in:/ApplicationId"})", "/Application", "/State", "TERMINATED", "",
     "ResourceNotFoundException"},
    {"emr-serverless", "cancelJobRun", "GetJobRun",
     R"({"ApplicationId":"in:/ApplicationId","JobRunId":"in:/JobRunId"})", "/JobRun", "/State",
     "CANCELLED", "SUCCESS FAILED"},
    {"eks", "deleteCluster", "DescribeCluster", R"({"Name":"in:/Name"})", "/Cluster", "/Status", "",
     "FAILED", "ResourceNotFoundException"},
    {"eks", "createFargateProfile", "DescribeFargateProfile",
     R"({"ClusterName":"in:/ClusterName","FargateProfileName":"in:/FargateProfileName"})",
     "/FargateProfile", "/Status", "ACTIVE", "CREATE_FAILED"},
    {"eks", "deleteFargateProfile", "DescribeFargateProfile",
     R"({"ClusterName":"in:/ClusterName","FargateProfileName":"in:/FargateProfileName"})",
     "/FargateProfile", "/Status", "", "DELETE_FAILED", "ResourceNotFoundException"},
    {"eks", "deleteNodegroup", "DescribeNodegroup",
     R"({"ClusterName":"in:/ClusterName","NodegroupName":"in:/NodegroupName"})", "/Nodegroup",
     "/Status", "", "DELETE_FAILED", "ResourceNotFoundException"},
    {"sagemaker", "createTrainingJob", "DescribeTrainingJob",
     R"({"TrainingJobName":"in:/TrainingJobName"})", "", "/TrainingJobStatus", "Completed",
     "Failed Stopped"},
    {"sagemaker", "createProcessingJob", "DescribeProcessingJob",
     R"({"ProcessingJobName":"in:/ProcessingJobName"})", "", "/ProcessingJobStatus", "Completed",
     "Failed Stopped"},
    {"sagemaker", "createTransformJob", "DescribeTransformJob",
     R"({"TransformJobName":"in:/TransformJobName"})", "", "/TransformJobStatus", "Completed",
     "Failed Stopped"},
    {"sagemaker", "createHyperParameterTuningJob", "DescribeHyperParameterTuningJob",
     R"({"HyperParameterTuningJobName":"in:/HyperParameterTuningJobName"})", "",
     "/HyperParameterTuningJobStatus", "Completed", "Failed Stopped"},
    {"sagemaker", "createLabelingJob", "DescribeLabelingJob",
     R"({"LabelingJobName":"in:/LabelingJobName"})", "", "/LabelingJobStatus", "Completed",
     "Failed Stopped"},
}};

bool lists(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

const Json* at(const Json& json, std::string_view pointer) {
  const Json::json_pointer where{std::string(pointer)};
  return json.contains(where) ? &json.at(where) : nullptr;
}

// A task of ECS has failed if one of its containers has.
bool containers_succeeded(const Json& task) {
  const Json containers = task.value("Containers", Json::array());
  for (const Json& one : containers) {
    if (one.value("ExitCode", -1) != 0) return false;
  }
  return true;
}

}  // namespace

std::span<const JobKind> job_kinds() { return kinds; }

const JobKind* job_kind(std::string_view service, std::string_view action) {
  for (const JobKind& one : kinds) {
    if (one.service == service && one.action == action) return &one;
  }
  return nullptr;
}

std::optional<JobEnd> job_end(const JobKind& kind, const Json& polled) {
  const Json* job = at(polled, kind.job);
  if (job == nullptr) return std::nullopt;
  const Json* status = at(*job, kind.status);
  if (status == nullptr || !status->is_string()) return std::nullopt;
  const std::string word = status->get<std::string>();
  if (lists(kind.bad, word)) return JobEnd{false, *job};
  if (!lists(kind.good, word)) return std::nullopt;
  return JobEnd{kind.service != "ecs" || containers_succeeded(*job), *job};
}

}  // namespace perdure::executors
