#pragma once
// The oracle's buckets and objects.

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "engine/store/object_rows.h"

namespace perdure::engine {

class MemoryObjects final : public ObjectRows {
 public:
  ObjectOutcome apply(const ObjectChange& change);
  bool names(std::string_view blob) const;

  Result<std::optional<BucketRow>> find_bucket(std::string_view name) override;
  Result<std::vector<BucketRow>> list_buckets(std::string_view account) override;
  Result<std::optional<ObjectRow>> find_object(std::string_view bucket,
                                               std::string_view key) override;
  Result<std::vector<ObjectRow>> list_objects(std::string_view bucket, std::string_view first,
                                              std::string_view end, int64_t limit) override;
  Result<std::optional<UploadRow>> find_upload(std::string_view bucket,
                                               std::string_view id) override;
  Result<std::vector<UploadRow>> list_uploads(std::string_view bucket, std::string_view after_key,
                                              std::string_view after_id, std::string_view end,
                                              int64_t limit) override;
  Result<std::vector<PartRow>> list_parts(std::string_view upload, int64_t after,
                                          int64_t limit) override;

 private:
  struct UploadState {
    UploadRow row;
    std::map<int64_t, PartRow> parts;
  };
  struct BucketState {
    BucketRow row;
    std::map<std::string, ObjectRow> objects;
    std::map<std::string, UploadState> uploads;  // by id
  };
  BucketState* bucket(const std::string& name);

  ObjectOutcome change(const change::CreateBucket& order);
  ObjectOutcome change(const change::RemoveBucket& order);
  ObjectOutcome change(const change::PutObject& order);
  ObjectOutcome change(const change::RemoveObject& order);
  ObjectOutcome change(const change::SetTags& order);
  ObjectOutcome change(const change::CreateUpload& order);
  ObjectOutcome change(const change::PutPart& order);
  ObjectOutcome change(const change::RemoveUpload& order);

  mutable std::mutex mutex_;
  std::map<std::string, BucketState> buckets_;
};

}  // namespace perdure::engine
