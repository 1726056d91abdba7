#include "api/s3/completions.h"

#include "api/s3/checksums.h"
#include "api/s3/object_headers.h"
#include "base/checksum.h"
#include "base/hash.h"
#include "base/wait.h"

namespace perdure::api {

namespace {

constexpr int64_t min_part_bytes = 5 << 20;  // of all but the last
constexpr char full[] = "FULL_OBJECT", composite[] = "COMPOSITE";

Error invalid_part() {
  return invalid("InvalidPart",
                 "One or more of the specified parts could not be found.  The part may not have "
                 "been uploaded, or the specified entity tag may not match the part's entity tag.");
}

Result<std::vector<engine::UploadPart>> stored_parts(const S3& s3, const engine::Upload& upload) {
  return s3.objects().list_parts(upload, 0, max_parts);
}

// The parts that the client names, in its order.
Result<std::vector<engine::UploadPart>> chosen_parts(const S3& s3, const engine::Upload& upload,
                                                     const Json& named) {
  PD_TRY(stored, stored_parts(s3, upload));
  std::vector<engine::UploadPart> chosen;
  for (const Json& one : named) {
    const Input part(one);
    const int64_t number = part.integer("PartNumber");
    if (!chosen.empty() && number <= chosen.back().number) {
      return invalid("InvalidPartOrder",
                     "The list of parts was not in ascending order. Parts must be ordered by part "
                     "number.");
    }
    const auto found = std::lower_bound(
        stored.begin(), stored.end(), number,
        [](const engine::UploadPart& known, int64_t wanted) { return known.number < wanted; });
    if (found == stored.end() || found->number != number ||
        found->etag != unquoted_etag(part.text("ETag"))) {
      return invalid_part();
    }
    for (const ChecksumKind& kind : checksum_kinds) {
      const auto value = part.maybe_text(kind.member);
      const auto known = found->attributes.find(kind.header);
      if (value && known != found->attributes.end() && known->second != *value) {
        return invalid_part();
      }
    }
    if (!chosen.empty() && chosen.back().size < min_part_bytes) {
      return invalid("EntityTooSmall",
                     "Your proposed upload is smaller than the minimum allowed size");
    }
    chosen.push_back(*found);
  }
  return chosen;
}

engine::PutOrder order_of(const engine::Upload& upload,
                          const std::vector<engine::UploadPart>& parts) {
  engine::PutOrder order;
  order.bucket = upload.bucket;
  order.key = upload.key;
  order.attributes = upload.attributes;
  order.tags = upload.tags;
  const auto md5 = make_checksum("MD5");
  for (const engine::UploadPart& part : parts) {
    order.content.size += part.size;
    if (part.size > 0) order.content.segments.push_back(part.segment);
    std::string bytes;
    for (size_t i = 0; i + 1 < part.etag.size(); i += 2) {
      bytes += char(std::stoi(part.etag.substr(i, 2), nullptr, 16));
    }
    md5->update(bytes);
  }
  order.etag = hex(md5->finish()) + "-" + std::to_string(parts.size());
  return order;
}

// That of the algorithm that was chosen; without a choice, the one that parts have by themselves.
Result<> add_whole_checksum(const Call& call, const std::vector<engine::UploadPart>& parts,
                            engine::PutOrder& order) {
  const auto chosen = order.attributes.find(checksum_algorithm_attribute);
  const auto type = order.attributes.find(checksum_type_header);
  const ChecksumKind* kind =
      checksum_kind(chosen == order.attributes.end() ? "CRC64NVME" : chosen->second);
  const bool whole = type == order.attributes.end() || type->second == full;
  order.attributes.erase(checksum_algorithm_attribute);
  order.attributes.erase(checksum_type_header);
  const auto value = checksum_of_parts(*kind, whole, parts);
  if (!value) return {};
  const auto expected = call.input().maybe_text(kind->member);
  if (expected && *expected != *value && *expected + "-" + std::to_string(parts.size()) != *value) {
    return invalid("BadDigest", "The " + std::string(kind->algorithm) +
                                    " you specified did not match the calculated checksum.");
  }
  order.attributes[kind->header] = *value;
  order.attributes[checksum_type_header] = whole ? full : composite;
  return {};
}

Result<Answer> complete_upload(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_TRY(upload,
         s3.objects().find_upload(call.tenant, input.text("Bucket"), input.text("UploadId")));
  if (upload.key != input.text("Key")) return engine::no_such_upload();
  const Json* named = Input(*input.find("MultipartUpload")).find("Parts");
  if (named == nullptr || named->empty()) {
    return invalid("InvalidRequest", "You must specify at least one part");
  }
  PD_TRY(parts, chosen_parts(s3, upload, *named));
  engine::PutOrder order = order_of(upload, parts);
  PD_CHECK(add_whole_checksum(call, parts, order));
  order.if_absent = input.text("IfNoneMatch") == "*";
  if (const auto match = input.maybe_text("IfMatch")) order.if_etag = unquoted_etag(*match);
  PD_TRY(info, wait_for<engine::ObjectInfo>([&](auto done) {
           s3.objects().complete_upload(call.tenant, upload.id, std::move(order), std::move(done));
         }));
  Answer answer(Json{{"Location", "/" + upload.bucket + "/" + upload.key},
                     {"Bucket", upload.bucket},
                     {"Key", upload.key},
                     {"ETag", quoted_etag(info.etag)},
                     {"ServerSideEncryption", "AES256"}});
  add_checksums(info.attributes, answer.json);
  return answer;
}

}  // namespace

Result<> choose_checksum(const Call& call, engine::Upload& upload, Json& answer) {
  const auto algorithm = call.input().maybe_text("ChecksumAlgorithm");
  if (!algorithm) return {};
  const ChecksumKind* kind = checksum_kind(*algorithm);
  if (kind == nullptr) {
    return invalid("InvalidRequest",
                   "Checksum algorithm provided is unsupported. Please try again "
                   "with any of the valid types: [CRC32, CRC32C, CRC64NVME, "
                   "SHA1, SHA256]");
  }
  const bool only_whole = kind->algorithm == "CRC64NVME";
  const std::string type =
      call.input().maybe_text("ChecksumType").value_or(only_whole ? full : composite);
  if (type == (only_whole ? composite : kind->is_crc ? "" : full)) {
    return invalid("InvalidRequest", "The " + type + " checksum type cannot be used with the " +
                                         std::string(kind->algorithm) + " checksum algorithm.");
  }
  upload.attributes[checksum_algorithm_attribute] = std::string(kind->algorithm);
  upload.attributes[checksum_type_header] = type;
  add_chosen_checksum(upload, answer);
  return {};
}

void add_chosen_checksum(const engine::Upload& upload, Json& answer) {
  const auto algorithm = upload.attributes.find(checksum_algorithm_attribute);
  if (algorithm == upload.attributes.end()) return;
  answer["ChecksumAlgorithm"] = algorithm->second;
  answer["ChecksumType"] = upload.attributes.at(checksum_type_header);
}

Operation completion_operation(const SharedS3& s3) {
  std::vector<Field> part = checksum_fields(true);
  part.push_back(required("PartNumber", integer()));
  part.push_back(optional("ETag", text()));
  const Shape parts = structure({in_body("Parts", list_of(structure(std::move(part))), "Part")});
  Field payload = in_payload("MultipartUpload", parts, "CompleteMultipartUpload");
  payload.required = true;
  Field id = in_query("UploadId", text(), "uploadId");
  id.required = true;
  std::vector<Field> fields = checksum_fields();
  for (Field field : {bucket_field(), key_field(), std::move(id), std::move(payload),
                      in_header("IfMatch", text(), "if-match"),
                      in_header("IfNoneMatch", text(), "if-none-match")}) {
    fields.push_back(std::move(field));
  }
  std::vector<Field> answer = checksum_fields(true);
  for (const char* name : {"Location", "Bucket", "Key", "ETag"}) {
    answer.push_back(optional(name, text()));
  }
  answer.push_back(in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption"));
  Operation operation = s3_operation("CompleteMultipartUpload", "POST", "/{Bucket}/{Key}",
                                     structure(std::move(fields)), structure(std::move(answer)),
                                     on_runner(s3, complete_upload));
  operation.root = "CompleteMultipartUploadResult";
  return operation;
}

}  // namespace perdure::api
