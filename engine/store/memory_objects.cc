#include "engine/store/memory_objects.h"

namespace perdure::engine {

ObjectOutcome MemoryObjects::apply(const ObjectChange& order) {
  const std::lock_guard lock(mutex_);
  return std::visit([this](const auto& one) { return change(one); }, order);
}

MemoryObjects::BucketState* MemoryObjects::bucket(const std::string& name) {
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : &found->second;
}

ObjectOutcome MemoryObjects::change(const change::CreateBucket& order) {
  const bool made = buckets_.try_emplace(order.bucket.name, BucketState{order.bucket}).second;
  return made ? ObjectOutcome::committed : ObjectOutcome::bucket_exists;
}

ObjectOutcome MemoryObjects::change(const change::RemoveBucket& order) {
  const BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  if (!state->objects.empty()) return ObjectOutcome::bucket_not_empty;
  buckets_.erase(order.bucket);
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::PutObject& order) {
  BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  if (!order.upload.empty() && !state->uploads.contains(order.upload)) {
    return ObjectOutcome::no_upload;
  }
  const auto known = state->objects.find(order.object.key);
  const bool exists = known != state->objects.end();
  if (order.if_absent && exists) return ObjectOutcome::condition_failed;
  if (!order.if_etag.empty()) {
    if (!exists) return ObjectOutcome::no_object;
    if (known->second.etag != order.if_etag) return ObjectOutcome::condition_failed;
  }
  state->objects.insert_or_assign(order.object.key, order.object);
  if (!order.upload.empty()) state->uploads.erase(order.upload);
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::RemoveObject& order) {
  BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  state->objects.erase(order.key);
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::SetTags& order) {
  BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  const auto known = state->objects.find(order.key);
  if (known == state->objects.end()) return ObjectOutcome::no_object;
  known->second.tags = order.tags;
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::CreateUpload& order) {
  BucketState* state = bucket(order.upload.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  state->uploads[order.upload.id].row = order.upload;
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::PutPart& order) {
  BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  const auto upload = state->uploads.find(order.upload);
  if (upload == state->uploads.end()) return ObjectOutcome::no_upload;
  upload->second.parts.insert_or_assign(order.part.number, order.part);
  return ObjectOutcome::committed;
}

ObjectOutcome MemoryObjects::change(const change::RemoveUpload& order) {
  BucketState* state = bucket(order.bucket);
  if (!state) return ObjectOutcome::no_bucket;
  return state->uploads.erase(order.upload) > 0 ? ObjectOutcome::committed
                                                : ObjectOutcome::no_upload;
}

bool MemoryObjects::names(std::string_view blob) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, state] : buckets_) {
    for (const auto& [key, object] : state.objects) {
      for (const SegmentRow& segment : object.segments) {
        if (segment.blob == blob) return true;
      }
    }
    for (const auto& [id, upload] : state.uploads) {
      for (const auto& [number, part] : upload.parts) {
        if (part.blob == blob) return true;
      }
    }
  }
  return false;
}

Result<std::optional<BucketRow>> MemoryObjects::find_bucket(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const BucketState* state = bucket(std::string(name));
  return state ? std::optional(state->row) : std::nullopt;
}

Result<std::vector<BucketRow>> MemoryObjects::list_buckets(std::string_view account) {
  const std::lock_guard lock(mutex_);
  std::vector<BucketRow> found;
  for (const auto& [name, state] : buckets_) {
    if (state.row.tenant.account == account) found.push_back(state.row);
  }
  return found;
}

Result<std::optional<ObjectRow>> MemoryObjects::find_object(std::string_view bucket_name,
                                                            std::string_view key) {
  const std::lock_guard lock(mutex_);
  const BucketState* state = bucket(std::string(bucket_name));
  if (!state) return std::optional<ObjectRow>();
  const auto found = state->objects.find(std::string(key));
  return found == state->objects.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<ObjectRow>> MemoryObjects::list_objects(std::string_view bucket_name,
                                                           std::string_view first,
                                                           std::string_view end, int64_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectRow> found;
  const BucketState* state = bucket(std::string(bucket_name));
  if (!state) return found;
  for (auto at = state->objects.lower_bound(std::string(first)); at != state->objects.end(); ++at) {
    if (int64_t(found.size()) >= limit || (!end.empty() && at->first >= end)) break;
    const ObjectRow& row = at->second;
    found.push_back({row.key, row.size, row.etag, row.modified_ms});
  }
  return found;
}

Result<std::optional<UploadRow>> MemoryObjects::find_upload(std::string_view bucket_name,
                                                            std::string_view id) {
  const std::lock_guard lock(mutex_);
  const BucketState* state = bucket(std::string(bucket_name));
  if (!state) return std::optional<UploadRow>();
  const auto found = state->uploads.find(std::string(id));
  return found == state->uploads.end() ? std::nullopt : std::optional(found->second.row);
}

Result<std::vector<UploadRow>> MemoryObjects::list_uploads(std::string_view bucket_name,
                                                           std::string_view after_key,
                                                           std::string_view after_id,
                                                           std::string_view end, int64_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<UploadRow> found;
  const BucketState* state = bucket(std::string(bucket_name));
  if (!state) return found;
  std::map<std::pair<std::string_view, std::string_view>, const UploadRow*> ordered;
  for (const auto& [id, upload] : state->uploads) {
    const std::pair<std::string_view, std::string_view> place(upload.row.key, id);
    if (place <= std::pair(after_key, after_id)) continue;
    if (end.empty() || place.first < end) ordered.emplace(place, &upload.row);
  }
  for (const auto& [place, row] : ordered) {
    if (int64_t(found.size()) >= limit) break;
    found.push_back(*row);
  }
  return found;
}

Result<std::vector<PartRow>> MemoryObjects::list_parts(std::string_view upload, int64_t after,
                                                       int64_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<PartRow> found;
  for (const auto& [name, state] : buckets_) {
    const auto known = state.uploads.find(std::string(upload));
    if (known == state.uploads.end()) continue;
    const auto& parts = known->second.parts;
    for (auto at = parts.upper_bound(after); at != parts.end(); ++at) {
      if (int64_t(found.size()) >= limit) break;
      found.push_back(at->second);
    }
  }
  return found;
}

}  // namespace perdure::engine
