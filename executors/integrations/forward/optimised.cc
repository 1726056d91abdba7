#include "executors/integrations/forward/optimised.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace perdure::executors {
namespace {

constexpr std::array<OptimisedService, 17> services = {{
    {"sqs", "sqs", "SQS", "AmazonSQS", "AmazonSQSException"},
    {"sns", "sns", "SNS", "AmazonSNS", "AmazonSNSException"},
    {"dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"},
    {"events", "eventbridge", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException",
     true},
    {"batch", "batch", "Batch", "AWSBatch", "AWSBatchException"},
    {"ecs", "ecs", "ECS", "AmazonECS", "AmazonECSException"},
    {"glue", "glue", "Glue", "AWSGlue", "AWSGlueException"},
    {"athena", "athena", "Athena", "AmazonAthena", "AmazonAthenaException"},
    {"codebuild", "codebuild", "CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"},
    {"sagemaker", "sagemaker", "SageMaker", "AmazonSageMaker", "AmazonSageMakerException"},
    {"elasticmapreduce", "emr", "ElasticMapReduce", "AmazonElasticMapReduce",
     "AmazonElasticMapReduceException"},
    {"emr-containers", "emrcontainers", "EMRContainers", "AmazonEMRContainers",
     "AmazonEMRContainersException"},
    {"emr-serverless", "emrserverless", "EMRServerless", "AWSEMRServerless",
     "AWSEMRServerlessException"},
    {"eks", "eks", "EKS", "AmazonEKS", "AmazonEKSException"},
    {"databrew", "databrew", "DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"},
    {"mediaconvert", "mediaconvert", "MediaConvert", "AWSMediaConvert", "AWSMediaConvertException"},
    {"bedrock", "bedrockruntime", "BedrockRuntime", "AmazonBedrockRuntime",
     "AmazonBedrockRuntimeException"},
}};

Json metadata(const HttpResponse& response) {
  Json all = Json::object();
  Json plain = Json::object();
  for (const auto& [name, value] : response.headers) {
    all[name].push_back(value);
    if (!plain.contains(name)) plain[name] = value;
  }
  return {{"AllHttpHeaders", std::move(all)},
          {"HttpHeaders", std::move(plain)},
          {"HttpStatusCode", response.status}};
}

}  // namespace

const OptimisedService* optimised_service(std::string_view service) {
  for (const OptimisedService& one : services) {
    if (one.service == service) return &one;
  }
  return nullptr;
}

void add_to_parameters(const engine::TaskRequest& request, Json& parameters) {
  if (request.resource.service != "events") return;
  const auto entries = parameters.find("Entries");
  if (entries == parameters.end() || !entries->is_array()) return;
  for (Json& entry : *entries) {
    if (!entry.is_object()) continue;
    Json& resources = entry["Resources"];
    if (!resources.is_array()) resources = Json::array();
    resources.push_back(request.execution_arn);
    resources.push_back(request.state_machine_arn);
  }
}

engine::TaskAnswer optimised_answer(const OptimisedService& service, const WireAnswer& answer,
                                    const HttpResponse& response) {
  Json output = answer.output;
  if (service.service == "events" && output.value("FailedEntryCount", 0) > 0) {
    return engine::answer::Failed{"EventBridge.FailedEntry", dump_json(output)};
  }
  if (!service.plain) {
    output["SdkHttpMetadata"] = metadata(response);
    output["SdkResponseMetadata"] = {{"RequestId", answer.request_id}};
  }
  return engine::answer::Succeeded{asl::Payload(dump_json(output))};
}

engine::answer::Failed optimised_failure(const OptimisedService& service,
                                         const WireAnswer& answer) {
  std::string name(service.exception);
  if (!answer.exception.empty()) {
    name = answer.exception;
    if (!name.ends_with("Exception")) name += "Exception";
  }
  const ServiceError& error = *answer.error;
  return {std::string(service.prefix) + "." + name,
          fmt::format("{} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: "
                      "null)",
                      error.message, service.cause, error.status, error.code, answer.request_id)};
}

}  // namespace perdure::executors
