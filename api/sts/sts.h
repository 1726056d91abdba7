#pragma once
// STS, as far as tools ask who they are.

#include "api/aws/operation.h"

namespace perdure::api {

Service sts_service();

}  // namespace perdure::api
