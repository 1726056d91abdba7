#pragma once
// What `deploy` does, for others than the verb.

#include <string>

#include "api/cli/manifest.h"
#include "base/result.h"

namespace perdure::api::cli {

// Makes the server have the functions of the manifest, and nothing else of it. Says nothing.
Result<> deploy_functions(const std::string& endpoint, Manifest manifest);

}  // namespace perdure::api::cli
