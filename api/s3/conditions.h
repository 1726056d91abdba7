#pragma once
// Conditional requests and ranges (RFC 9110 in S3's reading).

#include <optional>
#include <string>

#include "api/aws/operation.h"
#include "engine/objects/objects.h"

namespace perdure::api {

// "Wed, 12 Oct 2009 17:50:00 GMT", or ISO 8601; seconds since 1970.
std::optional<int64_t> parse_http_date(const std::string& text);

// The members that hold conditions, with this before their names and headers.
std::vector<Field> condition_fields(const std::string& member = "", const std::string& header = "");
// PreconditionFailed, or NotModified where `may_be_unmodified`.
Result<> check_conditions(const Call& call, const engine::ObjectInfo& info,
                          const std::string& member = "", bool may_be_unmodified = true);

struct ByteRange {
  int64_t offset = 0;
  int64_t length = 0;
};
// Nothing: the whole, because there is no range that makes sense. InvalidRange: none of it is
// there.
Result<std::optional<ByteRange>> parse_range(const std::string& text, int64_t size);

}  // namespace perdure::api
