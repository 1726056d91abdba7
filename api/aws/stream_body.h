#pragma once
#include <memory>

#include "api/aws/body.h"
#include "base/net/http.h"

namespace perdure::api {

// Makes the source the response's body. Call it where the source may be read: a small one is read
// at once, the rest of a large one on its runner, at the pace of the client.
void answer_from(std::shared_ptr<BodySource> source, HttpResponse& response);

}  // namespace perdure::api
