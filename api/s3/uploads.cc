// Uploads in parts: CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload,
// ListParts, ListMultipartUploads. How they end: completions.cc.
#include <algorithm>
#include <iterator>

#include "api/s3/completions.h"
#include "api/s3/conditions.h"
#include "api/s3/copy_source.h"
#include "api/s3/object_headers.h"
#include "api/s3/upload_body.h"
#include "base/hash.h"
#include "base/wait.h"

namespace perdure::api {

namespace {

constexpr int64_t max_page = 1'000;

Result<Answer> create_upload(const S3& s3, const Call& call) {
  const Input input = call.input();
  engine::Upload upload{"", input.text("Bucket"), input.text("Key")};
  PD_CHECK(check_key(upload.key));
  PD_TRY(attributes, attributes_of(call, "binary/octet-stream"));
  PD_TRY(tags, checked_tags(input.text("Tagging")));
  upload.attributes = std::move(attributes);
  upload.tags = std::move(tags);
  Answer answer(Json{{"Bucket", upload.bucket}, {"Key", upload.key}});
  PD_CHECK(choose_checksum(call, upload, answer.json));
  PD_TRY(made, wait_for<engine::Upload>([&](auto done) {
           s3.objects().create_upload(call.tenant, std::move(upload), std::move(done));
         }));
  answer.json["UploadId"] = made.id;
  return answer;
}

Result<int> part_number(const Call& call) {
  const int64_t number = call.input().integer("PartNumber");
  if (number >= 1 && number <= max_parts) return int(number);
  return invalid_argument("Part number must be an integer between 1 and 10000, inclusive");
}

Result<engine::UploadPart> store_part(const S3& s3, const Call& call, int number,
                                      Uploaded uploaded) {
  engine::UploadPart part;
  part.number = number;
  part.size = uploaded.content.size;
  part.etag = hex(uploaded.content.md5);
  part.attributes = std::move(uploaded.checksums);
  part.attributes.erase(checksum_type_header);
  if (!uploaded.content.segments.empty()) {
    part.segment = std::move(uploaded.content.segments.front());
  }
  return wait_for<engine::UploadPart>([&](auto done) {
    s3.objects().put_part(call.tenant, call.input().text("Bucket"), call.input().text("UploadId"),
                          std::move(part), std::move(done));
  });
}

Result<engine::Upload> find_upload(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_TRY(upload,
         s3.objects().find_upload(call.tenant, input.text("Bucket"), input.text("UploadId")));
  if (upload.key != input.text("Key")) return engine::no_such_upload();
  return upload;
}

Result<Answer> upload_part(const S3& s3, const Call& call) {
  PD_TRY(number, part_number(call));
  PD_CHECK(find_upload(s3, call));
  PD_TRY(uploaded, take_upload(s3, call));
  PD_TRY(part, store_part(s3, call, number, std::move(uploaded)));
  Answer answer(Json{{"ETag", quoted_etag(part.etag)}, {"ServerSideEncryption", "AES256"}});
  add_checksums(part.attributes, answer.json);
  return answer;
}

// The bytes are read and written again: a part has one blob.
Result<Answer> upload_part_copy(const S3& s3, const Call& call) {
  constexpr int64_t piece_bytes = 1 << 20;
  PD_TRY(number, part_number(call));
  PD_TRY(upload, find_upload(s3, call));
  PD_TRY(source, open_copy_source(s3, call));
  ByteRange bytes{0, source->info().size};
  if (const auto wanted = call.input().maybe_text("CopySourceRange")) {
    PD_TRY(range, parse_range(*wanted, source->info().size));
    if (!range) {
      return invalid_argument(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
          "last are the zero-based offsets of the first and last bytes to copy");
    }
    bytes = *range;
  }
  RequestHead head;
  const auto algorithm = upload.attributes.find(checksum_algorithm_attribute);
  if (algorithm != upload.attributes.end()) {
    head.headers.add("x-amz-sdk-checksum-algorithm", algorithm->second);
  }
  UploadBody body(s3.objects().writer(), head);
  for (int64_t at = 0; at < bytes.length; at += piece_bytes) {
    PD_TRY(piece, source->read(bytes.offset + at, std::min(piece_bytes, bytes.length - at)));
    PD_CHECK(body.write(piece));
  }
  PD_TRY(uploaded, body.finish());
  PD_TRY(part, store_part(s3, call, number, std::move(uploaded)));
  Json result = {{"ETag", quoted_etag(part.etag)}, {"LastModified", seconds(part.modified_ms)}};
  add_checksums(part.attributes, result);
  return Answer(Json{{"CopyPartResult", std::move(result)}, {"ServerSideEncryption", "AES256"}});
}

Result<Answer> abort_upload(const S3& s3, const Call& call) {
  PD_CHECK(find_upload(s3, call));
  PD_CHECK(wait_for<void>([&](auto done) {
    s3.objects().abort_upload(call.tenant, call.input().text("Bucket"),
                              call.input().text("UploadId"), std::move(done));
  }));
  return Answer();
}

// One more than the page, to know whether there is one.
template <class Row>
bool cut(std::vector<Row>& rows, int64_t limit) {
  if (int64_t(rows.size()) <= limit) return false;
  rows.resize(size_t(limit));
  return true;
}

Result<Answer> list_parts(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_TRY(upload, find_upload(s3, call));
  const int64_t limit = std::clamp<int64_t>(input.integer("MaxParts", max_page), 0, max_page);
  const int64_t after = std::clamp<int64_t>(input.integer("PartNumberMarker"), 0, max_parts);
  PD_TRY(parts, s3.objects().list_parts(upload, int(after), limit + 1));
  const bool truncated = cut(parts, limit);
  Json list = Json::array();
  for (const engine::UploadPart& part : parts) {
    list.push_back({{"PartNumber", part.number},
                    {"LastModified", seconds(part.modified_ms)},
                    {"ETag", quoted_etag(part.etag)},
                    {"Size", part.size}});
    add_checksums(part.attributes, list.back());
  }
  Answer answer(Json{{"Bucket", upload.bucket},
                     {"Key", upload.key},
                     {"UploadId", upload.id},
                     {"PartNumberMarker", after},
                     {"NextPartNumberMarker", parts.empty() ? 0 : parts.back().number},
                     {"MaxParts", limit},
                     {"IsTruncated", truncated},
                     {"Initiator", owner_of(call.tenant)},
                     {"Owner", owner_of(call.tenant)},
                     {"StorageClass", "STANDARD"}});
  add_chosen_checksum(upload, answer.json);
  if (!list.empty()) answer.json["Parts"] = std::move(list);
  return answer;
}

Result<Answer> list_uploads(const S3& s3, const Call& call) {
  const Input input = call.input();
  const int64_t limit = std::clamp<int64_t>(input.integer("MaxUploads", max_page), 0, max_page);
  const std::string key = input.text("KeyMarker");
  // Behind a key without an id: behind all of its uploads, whose ids are ASCII.
  const std::string id = key.empty() ? "" : input.maybe_text("UploadIdMarker").value_or("\x7f");
  PD_TRY(uploads, s3.objects().list_uploads(call.tenant, input.text("Bucket"), input.text("Prefix"),
                                            key, id, limit + 1));
  const bool truncated = cut(uploads, limit);
  Json list = Json::array();
  for (const engine::Upload& upload : uploads) {
    list.push_back({{"Key", upload.key},
                    {"UploadId", upload.id},
                    {"Initiator", owner_of(call.tenant)},
                    {"Owner", owner_of(call.tenant)},
                    {"StorageClass", "STANDARD"},
                    {"Initiated", seconds(upload.created_ms)}});
    add_chosen_checksum(upload, list.back());
  }
  Answer answer(Json{{"Bucket", input.text("Bucket")},
                     {"KeyMarker", key},
                     {"UploadIdMarker", input.text("UploadIdMarker")},
                     {"Prefix", input.text("Prefix")},
                     {"MaxUploads", limit},
                     {"IsTruncated", truncated}});
  if (truncated) {
    answer.json["NextKeyMarker"] = uploads.back().key;
    answer.json["NextUploadIdMarker"] = uploads.back().id;
  }
  if (!list.empty()) answer.json["Uploads"] = std::move(list);
  return answer;
}

// --- The table -----------------------------------------------------------------------------------

Field needed(Field field) {
  field.required = true;
  return field;
}

std::vector<Field> upload_fields(std::vector<Field> more) {
  std::vector<Field> fields = {bucket_field(), key_field(),
                               needed(in_query("UploadId", text(), "uploadId"))};
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return fields;
}

Field part_number_field() { return needed(in_query("PartNumber", integer(), "partNumber")); }

Operation create_operation(const SharedS3& s3) {
  std::vector<Field> fields = object_header_fields();
  for (Field field : {bucket_field(), key_field(), in_header("Tagging", text(), "x-amz-tagging"),
                      in_header("ChecksumAlgorithm", text(), "x-amz-checksum-algorithm"),
                      in_header("ChecksumType", text(), checksum_type_header)}) {
    fields.push_back(std::move(field));
  }
  Operation operation = s3_operation(
      "CreateMultipartUpload", "POST", "/{Bucket}/{Key}?uploads", structure(std::move(fields)),
      structure({optional("Bucket", text()), optional("Key", text()), optional("UploadId", text()),
                 in_header("ChecksumAlgorithm", text(), "x-amz-checksum-algorithm"),
                 in_header("ChecksumType", text(), checksum_type_header)}),
      on_runner(s3, create_upload));
  operation.root = "InitiateMultipartUploadResult";
  return operation;
}

Operation part_operation(const SharedS3& s3) {
  std::vector<Field> answer = checksum_fields();
  answer.push_back(in_header("ETag", text(), "ETag"));
  answer.push_back(in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption"));
  Operation operation =
      s3_operation("UploadPart", "PUT", "/{Bucket}/{Key}",
                   structure(upload_fields({part_number_field(), optional("Body", any()),
                                            optional("ChecksumAlgorithm", text())})),
                   structure(std::move(answer)), on_runner(s3, upload_part));
  take_content(s3, operation);
  return operation;
}

Operation part_copy_operation(const SharedS3& s3) {
  std::vector<Field> fields = copy_source_fields();
  fields.push_back(in_header("CopySourceRange", text(), "x-amz-copy-source-range"));
  fields.push_back(part_number_field());
  std::vector<Field> result = checksum_fields(true);
  result.push_back(optional("ETag", text()));
  result.push_back(optional("LastModified", moment()));
  return s3_operation(
      "UploadPartCopy", "PUT", "/{Bucket}/{Key}", structure(upload_fields(std::move(fields))),
      structure({in_payload("CopyPartResult", structure(std::move(result)), "CopyPartResult"),
                 in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption")}),
      on_runner(s3, upload_part_copy));
}

Operation list_parts_operation(const SharedS3& s3) {
  std::vector<Field> part = checksum_fields(true);
  part.push_back(optional("PartNumber", integer()));
  part.push_back(optional("LastModified", moment()));
  part.push_back(optional("ETag", text()));
  part.push_back(optional("Size", integer()));
  Operation operation = s3_operation(
      "ListParts", "GET", "/{Bucket}/{Key}",
      structure(upload_fields({in_query("MaxParts", integer(), "max-parts"),
                               in_query("PartNumberMarker", integer(), "part-number-marker")})),
      structure({optional("Bucket", text()), optional("Key", text()), optional("UploadId", text()),
                 optional("Initiator", owner_shape()), optional("Owner", owner_shape()),
                 optional("StorageClass", text()), optional("PartNumberMarker", integer()),
                 optional("NextPartNumberMarker", integer()), optional("MaxParts", integer()),
                 optional("IsTruncated", flag()), optional("ChecksumAlgorithm", text()),
                 optional("ChecksumType", text()),
                 in_body("Parts", list_of(structure(std::move(part))), "Part")}),
      on_runner(s3, list_parts));
  operation.root = "ListPartsResult";
  return operation;
}

Operation list_uploads_operation(const SharedS3& s3) {
  const Shape upload =
      structure({optional("Key", text()), optional("UploadId", text()),
                 optional("Initiator", owner_shape()), optional("Owner", owner_shape()),
                 optional("StorageClass", text()), optional("Initiated", moment()),
                 optional("ChecksumAlgorithm", text()), optional("ChecksumType", text())});
  Operation operation =
      s3_operation("ListMultipartUploads", "GET", "/{Bucket}?uploads",
                   structure({bucket_field(), in_query("KeyMarker", text(), "key-marker"),
                              in_query("UploadIdMarker", text(), "upload-id-marker"),
                              in_query("Prefix", text(), "prefix"),
                              in_query("MaxUploads", integer(), "max-uploads")}),
                   structure({optional("Bucket", text()), optional("KeyMarker", text()),
                              optional("UploadIdMarker", text()), optional("NextKeyMarker", text()),
                              optional("NextUploadIdMarker", text()), optional("Prefix", text()),
                              optional("MaxUploads", integer()), optional("IsTruncated", flag()),
                              in_body("Uploads", list_of(upload), "Upload")}),
                   on_runner(s3, list_uploads));
  operation.root = "ListMultipartUploadsResult";
  return operation;
}

}  // namespace

std::vector<Operation> upload_operations(const SharedS3& s3) {
  Operation abort =
      s3_operation("AbortMultipartUpload", "DELETE", "/{Bucket}/{Key}",
                   structure(upload_fields({})), structure({}), on_runner(s3, abort_upload));
  abort.status = 204;
  return {create_operation(s3),    part_operation(s3),       part_copy_operation(s3),
          std::move(abort),        list_parts_operation(s3), list_uploads_operation(s3),
          completion_operation(s3)};
}

}  // namespace perdure::api
