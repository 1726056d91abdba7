#pragma once
// How the settings of a function (PutFunctionEventInvokeConfig, DeadLetterConfig, reserved
// concurrency) bear on its asynchronous invocations.

#include "engine/invocations.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::executors {

// The defaults where the function is gone.
engine::InvocationPolicy invocation_policy(const FunctionCatalog& catalog,
                                           const engine::AsyncInvocation& invocation);

}  // namespace perdure::executors
