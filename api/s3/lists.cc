// ListObjects, ListObjectsV2, ListObjectVersions.
#include <algorithm>

#include "api/s3/s3_context.h"
#include "base/hash.h"
#include "base/url.h"

namespace perdure::api {

namespace {

constexpr int64_t max_page = 1'000;

Result<int64_t> page_of(const Call& call, const char* name) {
  const int64_t keys = call.input().integer(name, max_page);
  if (keys >= 0 && keys <= INT32_MAX) return std::min(keys, max_page);
  return invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647");
}

// How keys are written: percent-encoded on request, because XML has no word for some characters.
class KeyText {
 public:
  static Result<KeyText> of(const Call& call) {
    const std::string type = call.input().text("EncodingType");
    if (type.empty() || type == "url") return KeyText(type == "url");
    return invalid_argument("Invalid Encoding Method specified in Request");
  }
  std::string operator()(const std::string& key) const {
    return encode_ ? percent_encode(key, true) : key;
  }
  void name_in(Json& answer) const {
    if (encode_) answer["EncodingType"] = "url";
  }

 private:
  explicit KeyText(bool encode) : encode_(encode) {}
  bool encode_;
};

Json content_of(const engine::ObjectInfo& info, const KeyText& text) {
  return {{"Key", text(info.key)},
          {"LastModified", seconds(info.modified_ms)},
          {"ETag", quoted_etag(info.etag)},
          {"Size", info.size},
          {"StorageClass", "STANDARD"}};
}

struct Page {
  Json contents = Json::array();
  Json prefixes = Json::array();
  bool truncated = false;
  std::string last;  // key or common prefix
};

Result<Page> read_page(const S3& s3, const Call& call, std::string after, int64_t limit,
                       const KeyText& text) {
  const Input input = call.input();
  PD_TRY(list, s3.objects().list(call.tenant, {input.text("Bucket"), input.text("Prefix"),
                                               input.text("Delimiter"), std::move(after), limit}));
  Page page;
  page.truncated = list.truncated;
  if (!list.entries.empty()) page.last = list.entries.back().key;
  for (const auto& entry : list.entries) {
    if (entry.info) {
      page.contents.push_back(content_of(*entry.info, text));
    } else {
      page.prefixes.push_back({{"Prefix", text(entry.key)}});
    }
  }
  return page;
}

// What both versions say of the question.
Json frame(const Call& call, const Page& page, int64_t limit, const KeyText& text) {
  const Input input = call.input();
  Json answer = {{"Name", input.text("Bucket")},
                 {"Prefix", text(input.text("Prefix"))},
                 {"MaxKeys", limit},
                 {"IsTruncated", page.truncated}};
  if (input.has("Delimiter")) answer["Delimiter"] = text(input.text("Delimiter"));
  text.name_in(answer);
  return answer;
}

void add_page(Page& page, const char* contents, Json& answer) {
  if (!page.contents.empty()) answer[contents] = std::move(page.contents);
  if (!page.prefixes.empty()) answer["CommonPrefixes"] = std::move(page.prefixes);
}

void add_owner(const Call& call, Json& contents) {
  for (Json& one : contents) one["Owner"] = owner_of(call.tenant);
}

Result<Answer> list_objects(const S3& s3, const Call& call) {
  PD_TRY(limit, page_of(call, "MaxKeys"));
  PD_TRY(text, KeyText::of(call));
  const std::string marker = call.input().text("Marker");
  PD_TRY(page, read_page(s3, call, marker, limit, text));
  Json answer = frame(call, page, limit, text);
  answer["Marker"] = text(marker);
  // Without a delimiter the last key is the next marker.
  if (page.truncated && call.input().has("Delimiter")) answer["NextMarker"] = text(page.last);
  add_owner(call, page.contents);
  add_page(page, "Contents", answer);
  return Answer(std::move(answer));
}

Result<Answer> list_objects_v2(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_TRY(limit, page_of(call, "MaxKeys"));
  PD_TRY(text, KeyText::of(call));
  std::string after = input.text("StartAfter");
  if (const auto token = input.maybe_text("ContinuationToken")) {
    const auto decoded = base64url_decode(*token);
    if (!decoded || decoded->empty()) {
      return invalid_argument("The continuation token provided is incorrect");
    }
    after = *decoded;
  }
  PD_TRY(page, read_page(s3, call, std::move(after), limit, text));
  Json answer = frame(call, page, limit, text);
  answer["KeyCount"] = page.contents.size() + page.prefixes.size();
  if (input.has("ContinuationToken")) {
    answer["ContinuationToken"] = input.text("ContinuationToken");
  }
  if (page.truncated) answer["NextContinuationToken"] = base64url_encode(page.last);
  if (input.has("StartAfter")) answer["StartAfter"] = text(input.text("StartAfter"));
  if (input.flag("FetchOwner")) add_owner(call, page.contents);
  add_page(page, "Contents", answer);
  return Answer(std::move(answer));
}

// Buckets have no versions: each object is its own latest one, "null".
Result<Answer> list_object_versions(const S3& s3, const Call& call) {
  PD_TRY(limit, page_of(call, "MaxKeys"));
  PD_TRY(text, KeyText::of(call));
  const std::string marker = call.input().text("KeyMarker");
  PD_TRY(page, read_page(s3, call, marker, limit, text));
  Json answer = frame(call, page, limit, text);
  answer["KeyMarker"] = text(marker);
  answer["VersionIdMarker"] = "";
  if (page.truncated) {
    answer["NextKeyMarker"] = text(page.last);
    answer["NextVersionIdMarker"] = "null";
  }
  for (Json& one : page.contents) {
    one["VersionId"] = "null";
    one["IsLatest"] = true;
  }
  add_owner(call, page.contents);
  add_page(page, "Versions", answer);
  return Answer(std::move(answer));
}

std::vector<Field> with_frame(std::vector<Field> fields, const char* list, const char* element,
                              std::vector<Field> more = {}) {
  std::vector<Field> content = {
      optional("Key", text()),          optional("LastModified", moment()),
      optional("ETag", text()),         optional("Size", integer()),
      optional("StorageClass", text()), optional("Owner", owner_shape())};
  std::move(more.begin(), more.end(), std::back_inserter(content));
  const Shape prefix = structure({optional("Prefix", text())});
  for (const char* name : {"Name", "Prefix", "Delimiter", "EncodingType"}) {
    fields.push_back(optional(name, text()));
  }
  fields.push_back(optional("MaxKeys", integer()));
  fields.push_back(optional("IsTruncated", flag()));
  fields.push_back(in_body(list, list_of(structure(std::move(content))), element));
  fields.push_back(in_body("CommonPrefixes", list_of(prefix), "CommonPrefixes"));
  return fields;
}

std::vector<Field> question(std::vector<Field> more) {
  std::vector<Field> fields = {bucket_field(), in_query("Delimiter", text(), "delimiter"),
                               in_query("EncodingType", text(), "encoding-type"),
                               in_query("MaxKeys", integer(), "max-keys"),
                               in_query("Prefix", text(), "prefix")};
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return fields;
}

}  // namespace

std::vector<Operation> list_operations(const SharedS3& s3) {
  std::vector<Operation> rows = {
      s3_operation(
          "ListObjects", "GET", "/{Bucket}",
          structure(question({in_query("Marker", text(), "marker")})),
          structure(with_frame({optional("Marker", text()), optional("NextMarker", text())},
                               "Contents", "Contents")),
          on_runner(s3, list_objects)),
      s3_operation("ListObjectsV2", "GET", "/{Bucket}?list-type=2",
                   structure(question({in_query("ContinuationToken", text(), "continuation-token"),
                                       in_query("FetchOwner", flag(), "fetch-owner"),
                                       in_query("StartAfter", text(), "start-after")})),
                   structure(with_frame(
                       {optional("KeyCount", integer()), optional("ContinuationToken", text()),
                        optional("NextContinuationToken", text()), optional("StartAfter", text())},
                       "Contents", "Contents")),
                   on_runner(s3, list_objects_v2)),
      s3_operation("ListObjectVersions", "GET", "/{Bucket}?versions",
                   structure(question({in_query("KeyMarker", text(), "key-marker"),
                                       in_query("VersionIdMarker", text(), "version-id-marker")})),
                   structure(with_frame(
                       {optional("KeyMarker", text()), optional("VersionIdMarker", text()),
                        optional("NextKeyMarker", text()), optional("NextVersionIdMarker", text())},
                       "Versions", "Version",
                       {optional("VersionId", text()), optional("IsLatest", flag())})),
                   on_runner(s3, list_object_versions)),
  };
  for (Operation& row : rows) row.root = "ListBucketResult";
  rows[2].root = "ListVersionsResult";
  return rows;
}

}  // namespace perdure::api
