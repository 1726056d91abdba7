#pragma once
// Buckets and objects in the embedded store.

#include "engine/store/database.h"
#include "engine/store/object_rows.h"

namespace perdure::engine {

// Version 3 of the schema. `segments_by_blob` and `parts_by_blob` tell whether a blob is named.
inline constexpr char sqlite_schema_4[] = R"sql(
CREATE TABLE buckets(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  created_ms INTEGER NOT NULL);
CREATE TABLE objects(
  id INTEGER PRIMARY KEY,
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL);
CREATE UNIQUE INDEX objects_by_key ON objects(bucket, key);
CREATE TABLE segments(
  object INTEGER NOT NULL,
  position INTEGER NOT NULL,
  blob BLOB NOT NULL,
  size INTEGER NOT NULL);
CREATE INDEX segments_by_object ON segments(object, position);
CREATE INDEX segments_by_blob ON segments(blob);
CREATE TABLE uploads(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL);
CREATE INDEX uploads_by_key ON uploads(bucket, key, name);
CREATE TABLE parts(
  upload INTEGER NOT NULL,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  blob BLOB NOT NULL,
  PRIMARY KEY(upload, number)) WITHOUT ROWID;
CREATE INDEX parts_by_blob ON parts(blob);
)sql";

// Applies one change inside the transaction that is open.
Result<ObjectOutcome> apply_object_change(Database& database, const ObjectChange& change);

class ReadPool;

class SqliteObjects final : public ObjectRows {
 public:
  explicit SqliteObjects(ReadPool& readers) : readers_(readers) {}

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
  ReadPool& readers_;
};

}  // namespace perdure::engine
