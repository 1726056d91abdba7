#pragma once
// CloudWatch Logs, as far as log lines are read: functions write them.

#include "api/aws/operation.h"
#include "engine/logs.h"

namespace perdure::api {

Service logs_service(engine::Logs& logs);  // outlives the service

}  // namespace perdure::api
