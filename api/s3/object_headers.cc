#include "api/s3/object_headers.h"

#include <set>

#include "base/url.h"

namespace perdure::api {

namespace {

struct Kept {
  const char* member;
  const char* header;  // attributes have this name too
};
constexpr Kept kept[] = {{"CacheControl", "cache-control"},
                         {"ContentDisposition", "content-disposition"},
                         {"ContentEncoding", "content-encoding"},
                         {"ContentLanguage", "content-language"},
                         {"ContentType", "content-type"},
                         {"Expires", "expires"},
                         {"WebsiteRedirectLocation", "x-amz-website-redirect-location"}};
constexpr std::string_view metadata_header = "x-amz-meta-";
constexpr size_t max_metadata_bytes = 2048;

// The encoding of the way is none of the content's.
std::string without_aws_chunked(std::string encoding) {
  constexpr std::string_view own = "aws-chunked";
  if (!encoding.starts_with(own)) return encoding;
  encoding.erase(0, own.size());
  encoding.erase(0, encoding.find_first_not_of(", "));
  return encoding;
}

}  // namespace

std::vector<Field> object_header_fields() {
  std::vector<Field> fields;
  for (const Kept& one : kept) fields.push_back(in_header(one.member, text(), one.header));
  fields.push_back(in_header("Metadata", map_of(text()), std::string(metadata_header)));
  return fields;
}

Result<engine::ObjectAttributes> attributes_of(const Call& call, std::string content_type) {
  engine::ObjectAttributes attributes;
  attributes["content-type"] = std::move(content_type);
  for (const Kept& one : kept) {
    auto value = call.input().maybe_text(one.member);
    if (!value) continue;
    *value = without_aws_chunked(std::move(*value));
    if (!value->empty()) attributes[one.header] = std::move(*value);
  }
  size_t bytes = 0;
  if (const Json* metadata = call.input().find("Metadata")) {
    for (const auto& [name, value] : metadata->items()) {
      auto text = value.is_string() ? value.get<std::string>() : dump_json(value);
      bytes += name.size() + text.size();
      attributes[std::string(metadata_header) + name] = std::move(text);
    }
  }
  if (bytes <= max_metadata_bytes) return attributes;
  return invalid("MetadataTooLarge",
                 "Your metadata headers exceed the maximum allowed metadata size");
}

void add_object_headers(const engine::ObjectAttributes& attributes, Json& answer) {
  for (const Kept& one : kept) {
    const auto found = attributes.find(one.header);
    if (found != attributes.end()) answer[one.member] = found->second;
  }
  Json metadata = Json::object();
  for (const auto& [name, value] : attributes) {
    if (name.starts_with(metadata_header)) metadata[name.substr(metadata_header.size())] = value;
  }
  answer["Metadata"] = std::move(metadata);
}

Result<> check_key(const std::string& key) {
  constexpr size_t max_key_bytes = 1024;
  if (key.size() <= max_key_bytes) return {};
  return invalid("KeyTooLongError", "Your key is too long");
}

Result<std::string> checked_tags(const std::string& query) {
  constexpr size_t max_tags = 10;
  constexpr int64_t max_key = 128, max_value = 256;
  const auto tags = parse_query(query);
  if (!tags) {
    return invalid("InvalidArgument",
                   "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                   "parameters without tag name duplicates.");
  }
  if (tags->size() > max_tags) {
    return invalid("BadRequest", "Object tags cannot be greater than 10");
  }
  std::set<std::string> names;
  std::string out;
  for (const auto& [name, value] : *tags) {
    if (name.empty() || text_length(name) > max_key) {
      return invalid("InvalidTag", "The TagKey you have provided is invalid");
    }
    if (text_length(value) > max_value) {
      return invalid("InvalidTag", "The TagValue you have provided is invalid");
    }
    if (!names.insert(name).second) {
      return invalid("InvalidTag", "Cannot provide multiple Tags with the same key");
    }
    out += (out.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace perdure::api
