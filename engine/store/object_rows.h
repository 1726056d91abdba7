#pragma once
// The part of the store's contract that holds buckets, objects and uploads in parts. Changes travel
// in a batch and are judged inside its transaction; what objects contain is in blobs that they
// name.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

struct BucketRow {
  std::string name;  // there is one of a name, whoever has it
  Tenant tenant;
  int64_t created_ms = 0;
};

struct SegmentRow {
  std::string blob;
  int64_t size = 0;
};

struct ObjectRow {
  std::string key;
  int64_t size = 0;
  std::string etag;
  int64_t modified_ms = 0;
  std::string attributes{};  // these are read by find_object only
  std::string tags{};
  std::vector<SegmentRow> segments{};
};

struct UploadRow {
  std::string id, bucket, key;
  int64_t created_ms = 0;
  std::string attributes{};
  std::string tags{};
};

struct PartRow {
  int64_t number = 0;
  int64_t size = 0;
  std::string etag;
  int64_t modified_ms = 0;
  std::string attributes{};
  std::string blob{};
};

enum class ObjectOutcome : uint8_t {
  committed,
  bucket_exists,
  bucket_not_empty,
  no_bucket,
  no_object,
  no_upload,
  condition_failed,
  stale_lease,
};

// Each is committed or leaves no trace; the outcomes that it may have, beside those of the bucket.
namespace change {
struct CreateBucket {  // bucket_exists
  BucketRow bucket;
};
struct RemoveBucket {  // bucket_not_empty; uploads under way go with it
  std::string bucket;
};
struct PutObject {  // condition_failed, no_object (with if_etag), no_upload
  std::string bucket;
  ObjectRow object;
  bool if_absent = false;
  std::string if_etag{};
  std::string upload{};  // ends with this, if any
};
struct RemoveObject {  // one that is not there is fine
  std::string bucket, key;
};
struct SetTags {  // no_object
  std::string bucket, key, tags;
};
struct CreateUpload {
  UploadRow upload;
};
struct PutPart {  // no_upload; takes the place of the part with its number
  std::string bucket, upload;
  PartRow part;
};
struct RemoveUpload {  // no_upload
  std::string bucket, upload;
};
}  // namespace change

using ObjectChange = std::variant<change::CreateBucket, change::RemoveBucket, change::PutObject,
                                  change::RemoveObject, change::SetTags, change::CreateUpload,
                                  change::PutPart, change::RemoveUpload>;

// Implemented by the committer: changes join the next group commit.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  // `done` gets the outcome once it is durable; `unavailable` if the disk is full. Called once,
  // from any thread.
  virtual void change(ObjectChange change, std::function<void(Result<ObjectOutcome>)> done) = 0;
};

// Reads see committed state only; safe from any thread. Texts are ordered by their bytes.
class ObjectRows {
 public:
  virtual ~ObjectRows() = default;

  virtual Result<std::optional<BucketRow>> find_bucket(std::string_view name) = 0;
  virtual Result<std::vector<BucketRow>> list_buckets(std::string_view account) = 0;  // by name
  virtual Result<std::optional<ObjectRow>> find_object(std::string_view bucket,
                                                       std::string_view key) = 0;
  // By key, from `first` on and before `end` (empty: to the last).
  virtual Result<std::vector<ObjectRow>> list_objects(std::string_view bucket,
                                                      std::string_view first, std::string_view end,
                                                      int64_t limit) = 0;
  virtual Result<std::optional<UploadRow>> find_upload(std::string_view bucket,
                                                       std::string_view id) = 0;
  // By key and id, those behind the pair and before the key `end` (empty: to the last).
  virtual Result<std::vector<UploadRow>> list_uploads(std::string_view bucket,
                                                      std::string_view after_key,
                                                      std::string_view after_id,
                                                      std::string_view end, int64_t limit) = 0;
  // By number, those behind it.
  virtual Result<std::vector<PartRow>> list_parts(std::string_view upload, int64_t after,
                                                  int64_t limit) = 0;
};

}  // namespace perdure::engine
