// CopyObject.
#include <iterator>

#include "api/s3/checksums.h"
#include "api/s3/conditions.h"
#include "api/s3/copy_source.h"
#include "api/s3/object_headers.h"
#include "base/checksum.h"
#include "base/hash.h"
#include "base/url.h"
#include "base/wait.h"

namespace perdure::api {

std::vector<Field> copy_source_fields() {
  std::vector<Field> fields = condition_fields("CopySource", "x-amz-copy-source-");
  Field source = in_header("CopySource", text(), "x-amz-copy-source");
  source.required = true;
  fields.push_back(std::move(source));
  return fields;
}

Result<CopySource> read_copy_source(const Call& call) {
  const std::string text = call.input().text("CopySource");
  std::string_view rest = text;
  if (const size_t version = rest.find("?versionId="); version != rest.npos) {
    if (rest.substr(version) != "?versionId=null") {
      return invalid_argument("Invalid version id specified");
    }
    rest = rest.substr(0, version);
  }
  const auto path = percent_decode(rest);
  rest = path ? std::string_view(*path) : std::string_view();
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const size_t slash = rest.find('/');
  if (slash == rest.npos || slash == 0 || slash + 1 == rest.size()) {
    return invalid_argument(
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  return CopySource{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

Result<std::unique_ptr<engine::ObjectContent>> open_copy_source(const S3& s3, const Call& call) {
  PD_TRY(source, read_copy_source(call));
  PD_TRY(content, s3.objects().open(call.tenant, source.bucket, source.key));
  PD_CHECK(check_conditions(call, content->info(), "CopySource", false));
  return content;
}

namespace {

// A copy is no upload in parts any more: its tag is the digest of its content.
Result<std::string> etag_of_copy(engine::ObjectContent& content) {
  constexpr int64_t piece_bytes = 1 << 20;
  const std::string& etag = content.info().etag;
  if (etag.find('-') == std::string::npos) return etag;
  const auto md5 = make_checksum("MD5");
  for (int64_t at = 0; at < content.info().size; at += piece_bytes) {
    PD_TRY(piece, content.read(at, piece_bytes));
    md5->update(piece);
  }
  return hex(md5->finish());
}

Result<bool> replaces(const Call& call, const char* directive) {
  const std::string value = call.input().text(directive);
  if (value.empty() || value == "COPY") return false;
  if (value == "REPLACE") return true;
  return invalid_argument(
      "Unknown " +
      std::string(directive == std::string_view("TaggingDirective") ? "tagging" : "metadata") +
      " directive.");
}

// What the copy has of its source's attributes, and its own.
Result<> fill_attributes(const Call& call, const engine::ObjectInfo& source,
                         engine::PutOrder& order) {
  PD_TRY(new_attributes, replaces(call, "MetadataDirective"));
  PD_TRY(new_tags, replaces(call, "TaggingDirective"));
  PD_TRY(from, read_copy_source(call));
  if (!new_attributes && from.bucket == order.bucket && from.key == order.key) {
    return invalid("InvalidRequest",
                   "This copy request is illegal because it is trying to copy an object to itself "
                   "without changing the object's metadata, storage class, website redirect "
                   "location or encryption attributes.");
  }
  order.attributes = source.attributes;
  if (new_attributes) {
    PD_TRY(attributes, attributes_of(call, "binary/octet-stream"));
    for (const ChecksumKind& kind : checksum_kinds) {
      const auto found = source.attributes.find(kind.header);
      if (found != source.attributes.end()) attributes.insert(*found);
    }
    const auto type = source.attributes.find(checksum_type_header);
    if (type != source.attributes.end()) attributes.insert(*type);
    order.attributes = std::move(attributes);
  }
  order.tags = source.tags;
  if (new_tags) {
    PD_TRY(tags, checked_tags(call.input().text("Tagging")));
    order.tags = std::move(tags);
  }
  return {};
}

// The copy names the blobs of its source: no byte is written.
Result<Answer> copy_object(const S3& s3, const Call& call) {
  engine::PutOrder order;
  order.bucket = call.input().text("Bucket");
  order.key = call.input().text("Key");
  PD_CHECK(check_key(order.key));
  PD_CHECK(s3.objects().find_bucket(call.tenant, order.bucket));
  PD_TRY(source, open_copy_source(s3, call));
  PD_CHECK(fill_attributes(call, source->info(), order));
  PD_TRY(etag, etag_of_copy(*source));
  order.etag = std::move(etag);
  order.content.segments = source->info().segments;
  order.content.size = source->info().size;
  PD_TRY(info, wait_for<engine::ObjectInfo>([&](auto done) {
           s3.objects().put(call.tenant, std::move(order), std::move(done));
         }));
  Json result = {{"ETag", quoted_etag(info.etag)}, {"LastModified", seconds(info.modified_ms)}};
  add_checksums(info.attributes, result);
  return Answer(Json{{"CopyObjectResult", std::move(result)}, {"ServerSideEncryption", "AES256"}});
}

}  // namespace

std::vector<Operation> copy_operations(const SharedS3& s3) {
  std::vector<Field> fields = copy_source_fields();
  for (Field field : object_header_fields()) fields.push_back(std::move(field));
  for (Field field : {bucket_field(), key_field(), in_header("Tagging", text(), "x-amz-tagging"),
                      in_header("MetadataDirective", text(), "x-amz-metadata-directive"),
                      in_header("TaggingDirective", text(), "x-amz-tagging-directive")}) {
    fields.push_back(std::move(field));
  }
  std::vector<Field> result = checksum_fields(true);
  result.push_back(optional("ETag", text()));
  result.push_back(optional("LastModified", moment()));
  const Shape answer =
      structure({in_payload("CopyObjectResult", structure(std::move(result)), "CopyObjectResult"),
                 in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption")});
  return {s3_operation("CopyObject", "PUT", "/{Bucket}/{Key}", structure(std::move(fields)), answer,
                       on_runner(s3, copy_object))};
}

}  // namespace perdure::api
