#pragma once
// What a client may say of an object beside its content, and hears again when it reads it.

#include <string>
#include <vector>

#include "api/aws/operation.h"
#include "engine/objects/objects.h"

namespace perdure::api {

// Metadata and the headers that are kept: as members of a request or of an answer.
std::vector<Field> object_header_fields();
// MetadataTooLarge. A content type that is missing is `content_type`.
Result<engine::ObjectAttributes> attributes_of(const Call& call, std::string content_type);
void add_object_headers(const engine::ObjectAttributes& attributes, Json& answer);

// KeyTooLongError. On keys that something is written under.
Result<> check_key(const std::string& key);

// Tags as the header x-amz-tagging has them: a query. InvalidTag, BadRequest (more than ten).
Result<std::string> checked_tags(const std::string& query);

}  // namespace perdure::api
