// GetObject, HeadObject.
#include <iterator>

#include "api/aws/body.h"
#include "api/s3/checksums.h"
#include "api/s3/conditions.h"
#include "api/s3/object_headers.h"
#include "api/s3/s3_context.h"
#include "base/url.h"

namespace perdure::api {

namespace {

class ContentPart final : public BodySource {
 public:
  ContentPart(std::unique_ptr<engine::ObjectContent> content, ByteRange range, Runner& runner)
      : content_(std::move(content)), range_(range), runner_(runner) {}
  int64_t size() const override { return range_.length; }
  Result<std::string> read(int64_t offset, int64_t length) override {
    return content_->read(range_.offset + offset, std::min(length, range_.length - offset));
  }
  Runner& runner() override { return runner_; }

 private:
  const std::unique_ptr<engine::ObjectContent> content_;
  const ByteRange range_;
  Runner& runner_;
};

// Buckets have no versions, so an object has the one that AWS calls "null".
Result<> check_version(const Call& call) {
  const std::string version = call.input().text("VersionId");
  if (version.empty() || version == "null") return {};
  return invalid_argument("Invalid version id specified");
}

// The part of an object that was uploaded in parts; the only one of another.
Result<ByteRange> part_range(const engine::ObjectInfo& info, int64_t number) {
  int64_t offset = 0, part = 1;
  for (const engine::Segment& segment : info.segments) {
    if (part++ == number) return ByteRange{offset, segment.size};
    offset += segment.size;
  }
  if (number == 1) return ByteRange{0, info.size};
  return Error{ErrorKind::invalid, "InvalidPartNumber",
               "The requested partnumber is not satisfiable"};
}

struct Selection {
  ByteRange bytes;
  bool partial = false;
};
Result<Selection> select(const Call& call, const engine::ObjectInfo& info) {
  if (call.input().has("PartNumber")) {
    PD_TRY(bytes, part_range(info, call.input().integer("PartNumber")));
    return Selection{bytes, true};
  }
  PD_TRY(range, parse_range(call.input().text("Range"), info.size));
  return range ? Selection{*range, true} : Selection{{0, info.size}, false};
}

// What both operations say of the object.
Result<Answer> describe(const Call& call, const engine::ObjectInfo& info,
                        const Selection& selection) {
  Answer answer(Json{{"AcceptRanges", "bytes"},
                     {"LastModified", seconds(info.modified_ms)},
                     {"ContentLength", selection.bytes.length},
                     {"ETag", quoted_etag(info.etag)},
                     {"ServerSideEncryption", "AES256"}});
  add_object_headers(info.attributes, answer.json);
  const bool whole = !selection.partial || selection.bytes.length == info.size;
  if (whole && equals_ignoring_case(call.input().text("ChecksumMode"), "ENABLED")) {
    add_checksums(info.attributes, answer.json);
  }
  if (!info.tags.empty()) answer.json["TagCount"] = parse_query(info.tags)->size();
  if (call.input().has("PartNumber") && info.etag.find('-') != std::string::npos) {
    answer.json["PartsCount"] = info.segments.size();
  }
  if (selection.partial) {
    answer.status = 206;
    const ByteRange& bytes = selection.bytes;
    answer.json["ContentRange"] = "bytes " + std::to_string(bytes.offset) + "-" +
                                  std::to_string(bytes.offset + bytes.length - 1) + "/" +
                                  std::to_string(info.size);
  }
  return answer;
}

Result<Answer> get_object(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_CHECK(check_version(call));
  PD_TRY(content, s3.objects().open(call.tenant, input.text("Bucket"), input.text("Key")));
  const engine::ObjectInfo& info = content->info();
  PD_CHECK(check_conditions(call, info));
  PD_TRY(selection, select(call, info));
  PD_TRY(answer, describe(call, info, selection));
  for (const char* member : {"CacheControl", "ContentDisposition", "ContentEncoding",
                             "ContentLanguage", "ContentType", "Expires"}) {
    const auto wanted = input.maybe_text((std::string("Response") + member).c_str());
    if (wanted) answer.json[member] = *wanted;
  }
  answer.source = std::make_shared<ContentPart>(std::move(content), selection.bytes, s3.runner());
  return answer;
}

Result<Answer> head_object(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_CHECK(check_version(call));
  PD_TRY(info, s3.objects().look_up(call.tenant, input.text("Bucket"), input.text("Key")));
  PD_CHECK(check_conditions(call, info));
  PD_TRY(selection, select(call, info));
  return describe(call, info, selection);
}

std::vector<Field> question() {
  std::vector<Field> fields = condition_fields();
  for (Field field :
       {bucket_field(), key_field(), in_header("Range", text(), "range"),
        in_query("PartNumber", integer(), "partNumber"), in_query("VersionId", text(), "versionId"),
        in_header("ChecksumMode", text(), "x-amz-checksum-mode"),
        in_query("ResponseCacheControl", text(), "response-cache-control"),
        in_query("ResponseContentDisposition", text(), "response-content-disposition"),
        in_query("ResponseContentEncoding", text(), "response-content-encoding"),
        in_query("ResponseContentLanguage", text(), "response-content-language"),
        in_query("ResponseContentType", text(), "response-content-type"),
        in_query("ResponseExpires", text(), "response-expires")}) {
    fields.push_back(std::move(field));
  }
  return fields;
}

Shape answer_shape(Field content_length) {
  std::vector<Field> fields = object_header_fields();
  for (Field field :
       {in_header("AcceptRanges", text(), "accept-ranges"), std::move(content_length),
        in_header("LastModified", moment(), "Last-Modified"), in_header("ETag", text(), "ETag"),
        in_header("ContentRange", text(), "Content-Range"),
        in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption"),
        in_header("TagCount", integer(), "x-amz-tagging-count"),
        in_header("PartsCount", integer(), "x-amz-mp-parts-count")}) {
    fields.push_back(std::move(field));
  }
  auto checksums = checksum_fields();
  std::move(checksums.begin(), checksums.end(), std::back_inserter(fields));
  return structure(std::move(fields));
}

}  // namespace

std::vector<Operation> read_operations(const SharedS3& s3) {
  // The length of a body stands beside it in any case.
  return {
      s3_operation("GetObject", "GET", "/{Bucket}/{Key}", structure(question()),
                   answer_shape(optional("ContentLength", integer())), on_runner(s3, get_object)),
      s3_operation("HeadObject", "HEAD", "/{Bucket}/{Key}", structure(question()),
                   answer_shape(in_header("ContentLength", integer(), "Content-Length")),
                   on_runner(s3, head_object))};
}

}  // namespace perdure::api
