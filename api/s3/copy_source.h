#pragma once
// The object that CopyObject and UploadPartCopy read from.

#include <memory>
#include <vector>

#include "api/aws/operation.h"
#include "api/s3/s3_context.h"

namespace perdure::api {

std::vector<Field> copy_source_fields();

struct CopySource {
  std::string bucket, key;
};
// "bucket/key" or "/bucket/key", percent-encoded, perhaps with "?versionId=null" behind it.
Result<CopySource> read_copy_source(const Call& call);
// Its conditions are met.
Result<std::unique_ptr<engine::ObjectContent>> open_copy_source(const S3& s3, const Call& call);

}  // namespace perdure::api
