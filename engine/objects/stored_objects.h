#pragma once
// Buckets and objects on the store and its blobs.

#include "base/clock.h"
#include "engine/objects/objects.h"
#include "engine/store/object_rows.h"

namespace perdure::engine {

class StoredObjects final : public Objects {
 public:
  using NewId = std::function<std::string()>;  // safe from any thread
  // All outlive it.
  StoredObjects(ObjectRows& rows, ObjectWriter& writer, Blobs& blobs, const Clock& clock,
                NewId new_id)
      : rows_(rows), writer_(writer), blobs_(blobs), clock_(clock), new_id_(std::move(new_id)) {}

  Result<Bucket> find_bucket(const Tenant& tenant, std::string_view name) override;
  Result<std::vector<Bucket>> list_buckets(const Tenant& tenant) override;
  void create_bucket(const Tenant& tenant, std::string name, Done<Bucket> done) override;
  void remove_bucket(const Tenant& tenant, std::string name, Done<> done) override;

  Result<std::unique_ptr<ObjectContent>> open(const Tenant& tenant, std::string_view bucket,
                                              std::string_view key) override;
  Result<std::unique_ptr<ObjectContent>> reopen(ObjectInfo info) override;
  Result<ObjectInfo> look_up(const Tenant& tenant, std::string_view bucket,
                             std::string_view key) override;
  Result<ObjectList> list(const Tenant& tenant, const ListOrder& order) override;

  std::unique_ptr<ContentWriter> writer() override;
  void put(const Tenant& tenant, PutOrder order, Done<ObjectInfo> done) override;
  void remove(const Tenant& tenant, std::string bucket, std::string key, Done<> done) override;
  void set_tags(const Tenant& tenant, std::string bucket, std::string key, std::string tags,
                Done<> done) override;

  void create_upload(const Tenant& tenant, Upload upload, Done<Upload> done) override;
  void put_part(const Tenant& tenant, std::string bucket, std::string upload, UploadPart part,
                Done<UploadPart> done) override;
  void complete_upload(const Tenant& tenant, std::string upload, PutOrder order,
                       Done<ObjectInfo> done) override;
  void abort_upload(const Tenant& tenant, std::string bucket, std::string upload,
                    Done<> done) override;
  Result<Upload> find_upload(const Tenant& tenant, std::string_view bucket,
                             std::string_view upload) override;
  Result<std::vector<UploadPart>> list_parts(const Upload& upload, int after,
                                             int64_t limit) override;
  Result<std::vector<Upload>> list_uploads(const Tenant& tenant, std::string_view bucket,
                                           std::string_view prefix, std::string_view after_key,
                                           std::string_view after_id, int64_t limit) override;

 private:
  // Refuses buckets of other accounts.
  Result<> check_bucket(const Tenant& tenant, std::string_view name);
  // `made` is what `done` gets once the change is durable.
  template <class Made>
  void commit(ObjectChange change, Made made, Done<Made> done);
  void commit(ObjectChange change, Done<> done);
  void put(const Tenant& tenant, std::string upload, PutOrder order, Done<ObjectInfo> done);

  ObjectRows& rows_;
  ObjectWriter& writer_;
  Blobs& blobs_;
  const Clock& clock_;
  const NewId new_id_;
};

}  // namespace perdure::engine
