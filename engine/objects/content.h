#pragma once
// What objects contain, on top of blobs.

#include "engine/blobs.h"
#include "engine/objects/objects.h"

namespace perdure::engine {

// Null if one of its blobs is gone. `blobs` outlives the content.
std::unique_ptr<ObjectContent> open_content(Blobs& blobs, ObjectInfo info);

std::unique_ptr<ContentWriter> content_writer(Blobs& blobs);

}  // namespace perdure::engine
