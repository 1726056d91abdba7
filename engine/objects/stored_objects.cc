#include "engine/objects/stored_objects.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "engine/objects/content.h"
#include "engine/objects/key_range.h"
#include "engine/objects/object_errors.h"

namespace perdure::engine {
namespace {

std::string attributes_text(const ObjectAttributes& attributes) {
  return attributes.empty() ? std::string() : dump_json(Json(attributes));
}

ObjectAttributes attributes_in(const std::string& text) {
  ObjectAttributes attributes;
  if (text.empty()) return attributes;
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return attributes;
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) attributes[name] = value.get<std::string>();
  }
  return attributes;
}

ObjectInfo info_of(ObjectRow row) {
  ObjectInfo info{std::move(row.key), row.size, std::move(row.etag), row.modified_ms};
  info.attributes = attributes_in(row.attributes);
  info.tags = std::move(row.tags);
  for (SegmentRow& segment : row.segments) {
    info.segments.push_back({std::move(segment.blob), segment.size});
  }
  return info;
}

Upload upload_of(UploadRow row) {
  return {std::move(row.id), std::move(row.bucket),         std::move(row.key),
          row.created_ms,    attributes_in(row.attributes), std::move(row.tags)};
}

UploadPart part_of(PartRow row) {
  return {static_cast<int>(row.number),  row.size,
          std::move(row.etag),           row.modified_ms,
          attributes_in(row.attributes), {std::move(row.blob), row.size}};
}

}  // namespace

template <class Made>
void StoredObjects::commit(ObjectChange change, Made made, Done<Made> done) {
  writer_.change(std::move(change), [made = std::move(made), done = std::move(done)](
                                        Result<ObjectOutcome> outcome) mutable {
    if (!outcome) return done(std::move(outcome).error());
    if (*outcome != ObjectOutcome::committed) return done(refused_change(*outcome));
    done(std::move(made));
  });
}

void StoredObjects::commit(ObjectChange change, Done<> done) {
  commit<int>(std::move(change), 0, [done = std::move(done)](Result<int> made) {
    done(made ? Result<>() : Result<>(std::move(made).error()));
  });
}

// --- Buckets -------------------------------------------------------------------------------------

Result<Bucket> StoredObjects::find_bucket(const Tenant& tenant, std::string_view name) {
  PD_TRY(row, rows_.find_bucket(name));
  if (!row) return no_such_bucket();
  if (row->tenant.account != tenant.account) return access_denied();
  return Bucket{std::move(row->name), std::move(row->tenant), row->created_ms};
}

Result<> StoredObjects::check_bucket(const Tenant& tenant, std::string_view name) {
  PD_CHECK(find_bucket(tenant, name));
  return {};
}

Result<std::vector<Bucket>> StoredObjects::list_buckets(const Tenant& tenant) {
  PD_TRY(rows, rows_.list_buckets(tenant.account));
  std::vector<Bucket> buckets;
  for (BucketRow& row : rows) {
    buckets.push_back({std::move(row.name), std::move(row.tenant), row.created_ms});
  }
  return buckets;
}

void StoredObjects::create_bucket(const Tenant& tenant, std::string name, Done<Bucket> done) {
  if (!is_bucket_name(name)) return done(invalid_bucket_name());
  Bucket bucket{std::move(name), tenant, clock_.now_ms()};
  BucketRow row{bucket.name, tenant, bucket.created_ms};
  const auto finish = [this, bucket, done = std::move(done)](Result<ObjectOutcome> outcome) {
    if (!outcome) return done(std::move(outcome).error());
    if (*outcome == ObjectOutcome::committed) return done(bucket);
    if (*outcome == ObjectOutcome::bucket_exists && find_bucket(bucket.owner, bucket.name)) {
      return done(bucket_is_yours());
    }
    done(refused_change(*outcome));
  };
  writer_.change(change::CreateBucket{std::move(row)}, finish);
}

void StoredObjects::remove_bucket(const Tenant& tenant, std::string name, Done<> done) {
  if (auto found = check_bucket(tenant, name); !found) return done(std::move(found));
  commit(change::RemoveBucket{std::move(name)}, std::move(done));
}

// --- Objects -------------------------------------------------------------------------------------

Result<ObjectInfo> StoredObjects::look_up(const Tenant& tenant, std::string_view bucket,
                                          std::string_view key) {
  PD_CHECK(check_bucket(tenant, bucket));
  PD_TRY(row, rows_.find_object(bucket, key));
  if (!row) return no_such_key();
  return info_of(std::move(*row));
}

// Between the look at the row and that at its blobs the object may be replaced and the blobs swept.
Result<std::unique_ptr<ObjectContent>> StoredObjects::open(const Tenant& tenant,
                                                           std::string_view bucket,
                                                           std::string_view key) {
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    PD_TRY(info, look_up(tenant, bucket, key));
    if (auto content = open_content(blobs_, std::move(info))) return content;
  }
  return internal_error("A blob of the object " + std::string(key) + " is missing.");
}

Result<std::unique_ptr<ObjectContent>> StoredObjects::reopen(ObjectInfo info) {
  if (auto content = open_content(blobs_, std::move(info))) return content;
  return no_such_key();
}

// Common prefixes are leapt over, however many keys they have: pages begin small and grow as long
// as their rows are wanted.
Result<ObjectList> StoredObjects::list(const Tenant& tenant, const ListOrder& order) {
  constexpr int64_t smallest_page = 8, largest_page = 1'000;
  PD_CHECK(check_bucket(tenant, order.bucket));
  ObjectList list;
  if (order.limit <= 0) return list;
  const bool after_prefix = !order.after.empty() && common_prefix(order.after, order.prefix,
                                                                  order.delimiter) == order.after;
  const std::string behind_after = after_prefix ? behind_prefix(order.after) : order.after + '\0';
  std::string first = order.after.empty() ? order.prefix : std::max(order.prefix, behind_after);
  const std::string end = behind_prefix(order.prefix);
  int64_t page = std::min(order.limit + 1, order.delimiter.empty() ? largest_page : smallest_page);
  for (;;) {
    PD_TRY(rows, rows_.list_objects(order.bucket, first, end, page));
    const bool last = static_cast<int64_t>(rows.size()) < page;
    bool leapt = false;
    for (ObjectRow& row : rows) {
      if (static_cast<int64_t>(list.entries.size()) == order.limit) {
        list.truncated = true;
        return list;
      }
      const std::string_view prefix = common_prefix(row.key, order.prefix, order.delimiter);
      if (!prefix.empty()) {
        list.entries.push_back({std::string(prefix), std::nullopt});
        first = behind_prefix(prefix);
        if (first.empty()) return list;
        leapt = true;
        break;
      }
      first = row.key + '\0';
      std::string key = row.key;
      list.entries.push_back({std::move(key), info_of(std::move(row))});
    }
    if (last && !leapt) return list;
    page = leapt ? smallest_page : std::min(page * 2, largest_page);
  }
}

std::unique_ptr<ContentWriter> StoredObjects::writer() { return content_writer(blobs_); }

void StoredObjects::put(const Tenant& tenant, std::string upload, PutOrder order,
                        Done<ObjectInfo> done) {
  if (auto found = check_bucket(tenant, order.bucket); !found) {
    return done(std::move(found).error());
  }
  ObjectInfo info{order.key, order.content.size, std::move(order.etag), clock_.now_ms()};
  if (info.etag.empty()) info.etag = hex(order.content.md5);
  info.attributes = std::move(order.attributes);
  info.tags = std::move(order.tags);
  info.segments = std::move(order.content.segments);
  change::PutObject change;
  change.bucket = std::move(order.bucket);
  change.object = {
      info.key, info.size, info.etag, info.modified_ms, attributes_text(info.attributes),
      info.tags};
  for (const Segment& segment : info.segments) {
    change.object.segments.push_back({segment.blob, segment.size});
  }
  change.if_absent = order.if_absent;
  change.if_etag = std::move(order.if_etag);
  change.upload = std::move(upload);
  commit<ObjectInfo>(std::move(change), std::move(info), std::move(done));
}

void StoredObjects::put(const Tenant& tenant, PutOrder order, Done<ObjectInfo> done) {
  put(tenant, "", std::move(order), std::move(done));
}

void StoredObjects::remove(const Tenant& tenant, std::string bucket, std::string key, Done<> done) {
  if (auto found = check_bucket(tenant, bucket); !found) return done(std::move(found));
  commit(change::RemoveObject{std::move(bucket), std::move(key)}, std::move(done));
}

void StoredObjects::set_tags(const Tenant& tenant, std::string bucket, std::string key,
                             std::string tags, Done<> done) {
  if (auto found = check_bucket(tenant, bucket); !found) return done(std::move(found));
  commit(change::SetTags{std::move(bucket), std::move(key), std::move(tags)}, std::move(done));
}

// --- Uploads in parts ----------------------------------------------------------------------------

void StoredObjects::create_upload(const Tenant& tenant, Upload upload, Done<Upload> done) {
  if (auto found = check_bucket(tenant, upload.bucket); !found) {
    return done(std::move(found).error());
  }
  upload.id = new_id_();
  upload.created_ms = clock_.now_ms();
  UploadRow row{
      upload.id,  upload.bucket, upload.key, upload.created_ms, attributes_text(upload.attributes),
      upload.tags};
  commit<Upload>(change::CreateUpload{std::move(row)}, std::move(upload), std::move(done));
}

void StoredObjects::put_part(const Tenant& tenant, std::string bucket, std::string upload,
                             UploadPart part, Done<UploadPart> done) {
  if (auto found = check_bucket(tenant, bucket); !found) return done(std::move(found).error());
  part.modified_ms = clock_.now_ms();
  PartRow row{
      part.number,      part.size, part.etag, part.modified_ms, attributes_text(part.attributes),
      part.segment.blob};
  commit<UploadPart>(change::PutPart{std::move(bucket), std::move(upload), std::move(row)},
                     std::move(part), std::move(done));
}

void StoredObjects::complete_upload(const Tenant& tenant, std::string upload, PutOrder order,
                                    Done<ObjectInfo> done) {
  put(tenant, std::move(upload), std::move(order), std::move(done));
}

void StoredObjects::abort_upload(const Tenant& tenant, std::string bucket, std::string upload,
                                 Done<> done) {
  if (auto found = check_bucket(tenant, bucket); !found) return done(std::move(found));
  commit(change::RemoveUpload{std::move(bucket), std::move(upload)}, std::move(done));
}

Result<Upload> StoredObjects::find_upload(const Tenant& tenant, std::string_view bucket,
                                          std::string_view upload) {
  PD_CHECK(check_bucket(tenant, bucket));
  PD_TRY(row, rows_.find_upload(bucket, upload));
  if (!row) return no_such_upload();
  return upload_of(std::move(*row));
}

Result<std::vector<UploadPart>> StoredObjects::list_parts(const Upload& upload, int after,
                                                          int64_t limit) {
  PD_TRY(rows, rows_.list_parts(upload.id, after, limit));
  std::vector<UploadPart> parts;
  for (PartRow& row : rows) parts.push_back(part_of(std::move(row)));
  return parts;
}

Result<std::vector<Upload>> StoredObjects::list_uploads(const Tenant& tenant,
                                                        std::string_view bucket,
                                                        std::string_view prefix,
                                                        std::string_view after_key,
                                                        std::string_view after_id, int64_t limit) {
  PD_CHECK(check_bucket(tenant, bucket));
  // Behind what stands before the prefix: the pair of a key with an empty id is before all of its.
  const bool skip = after_key < prefix;
  PD_TRY(rows, rows_.list_uploads(bucket, skip ? prefix : after_key, skip ? "" : after_id,
                                  behind_prefix(prefix), limit));
  std::vector<Upload> uploads;
  for (UploadRow& row : rows) uploads.push_back(upload_of(std::move(row)));
  return uploads;
}

}  // namespace perdure::engine
