#pragma once
#include <string>

#include "asl/states/common.h"

namespace perdure::asl {

// How a task's attempt ends.
enum class TaskPattern : uint8_t {
  request_response,     // with the service's answer
  sync,                 // with the end of the job that was started (.sync, .sync:2)
  wait_for_task_token,  // with a call that brings the token
};

// A Resource taken apart.
//   arn:aws:lambda:R:A:function:F[:Q]          -> lambda_function
//   arn:aws:states:R:A:activity:N              -> activity
//   arn:aws:states:::SERVICE:ACTION[.PATTERN]  -> integration (also :::aws-sdk:SERVICE:ACTION)
struct TaskResource {
  enum class Family : uint8_t { lambda_function, activity, integration };
  Family family = Family::integration;
  std::string arn;      // as written
  std::string service;  // "lambda", "states", "aws-sdk:dynamodb", ...: resourceType of the events
  std::string action;  // "invoke.waitForTaskToken", "startExecution.sync:2": resource of the events
  std::string region;  // of the ARN, may be empty
  TaskPattern pattern = TaskPattern::request_response;
};

struct TaskState {
  TaskResource resource;
  SecondsField timeout;  // default 99,999,999 s, not written to the history
  SecondsField heartbeat;
  std::optional<Fillable> credentials;  // {"RoleArn": ...}
  ResultFields fields;
};

}  // namespace perdure::asl
