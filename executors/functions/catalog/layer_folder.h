#pragma once
// Layers on disk: unpacked once each, merged once for each list of them.

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/blobs.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// The name of the folder in which these layers lie merged: the same for the same list of them.
std::string merged_layers_name(const std::vector<FunctionLayer>& layers);

// Merges the layers into a folder of that name under `folder`, files of later ones over those of
// earlier ones, unless it is there. It appears complete or not at all. Blocks on the disk.
Result<> merge_layers(const std::vector<FunctionLayer>& layers, engine::Blobs& blobs,
                      const std::string& folder);

}  // namespace perdure::executors
