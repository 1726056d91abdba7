#pragma once
// What AWS says of buckets and objects, in its words.

#include <string_view>

#include "base/result.h"
#include "engine/store/object_rows.h"

namespace perdure::engine {

Error no_such_bucket();
Error no_such_key();
Error no_such_upload();
Error access_denied();
Error precondition_failed();
Error invalid_bucket_name();
Error bucket_exists();
Error bucket_is_yours();

// Of a change that was not committed.
Error refused_change(ObjectOutcome outcome);

// 3 to 63 of a-z 0-9 . - with a letter or digit at both ends, and no IPv4 address.
bool is_bucket_name(std::string_view name);

}  // namespace perdure::engine
