#pragma once
// Connections on the wire: their shapes, and what is shown of them. Secrets go in and do not come
// out.

#include "api/aws/shape.h"
#include "executors/connections/connections.h"

namespace perdure::api {

Shape connection_name_shape();
// The input of CreateConnection, and that of UpdateConnection, which requires the name only.
Shape connection_shape(bool create);

// DescribeConnection's answer.
Json connection_json(const executors::Connection& connection);
// What the other operations say of it: ARN, state and moments.
Json connection_summary(const executors::Connection& connection);

}  // namespace perdure::api
