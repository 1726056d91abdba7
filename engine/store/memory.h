#pragma once
// The oracle: a store that keeps everything in ordered maps and forgets it when it ends. Also what
// EXPRESS-only and in-process runs use.

#include <memory>

#include "engine/store/store.h"

namespace perdure::engine {

std::unique_ptr<Store> memory_store();

}  // namespace perdure::engine
