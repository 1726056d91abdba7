#pragma once
#include <string>

#include "base/result.h"

namespace perdure::api::cli {

// A zip archive of the folder's files, the same bytes for the same files: sorted, without times.
// __pycache__, .git and names that begin with a dot are left out; symbolic links are refused.
Result<std::string> package_folder(const std::string& folder);

}  // namespace perdure::api::cli
