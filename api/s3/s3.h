#pragma once
// Amazon S3 over the object store. How the operations may be called without the wire: docs/s3.md.

#include <vector>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "base/runner.h"
#include "engine/objects/objects.h"

namespace perdure::api {

struct S3Parts {
  engine::Objects& objects;
  const Clock& clock;
  std::vector<Runner*> runners;  // operations block them; one at least
};

// All outlive the service.
Service s3_service(S3Parts parts);

}  // namespace perdure::api
