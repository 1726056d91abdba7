#pragma once
// How an upload in parts becomes an object, and with which checksum.

#include "api/s3/s3_context.h"
#include "engine/objects/object_errors.h"

namespace perdure::api {

inline constexpr int64_t max_parts = 10'000;
// Kept with an upload until it is complete.
inline constexpr char checksum_algorithm_attribute[] = "x-amz-checksum-algorithm";

// Reads which checksum the upload is to have, and says so in the answer.
Result<> choose_checksum(const Call& call, engine::Upload& upload, Json& answer);
void add_chosen_checksum(const engine::Upload& upload, Json& answer);

Operation completion_operation(const SharedS3& s3);

}  // namespace perdure::api
