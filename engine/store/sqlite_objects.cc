#include "engine/store/sqlite_objects.h"

#include "engine/store/read_pool.h"

namespace perdure::engine {
namespace {

// What a change reads and writes, inside its transaction.
class Changer {
 public:
  explicit Changer(Database& database) : database_(database) {}

  Result<ObjectOutcome> operator()(const change::CreateBucket& order);
  Result<ObjectOutcome> operator()(const change::RemoveBucket& order);
  Result<ObjectOutcome> operator()(const change::PutObject& order);
  Result<ObjectOutcome> operator()(const change::RemoveObject& order);
  Result<ObjectOutcome> operator()(const change::SetTags& order);
  Result<ObjectOutcome> operator()(const change::CreateUpload& order);
  Result<ObjectOutcome> operator()(const change::PutPart& order);
  Result<ObjectOutcome> operator()(const change::RemoveUpload& order);

 private:
  struct Known {
    int64_t id = 0;  // 0: none
    std::string etag;
  };
  Result<int64_t> bucket(std::string_view name);  // 0: none
  Result<Known> object(int64_t bucket, std::string_view key);
  Result<int64_t> upload(int64_t bucket, std::string_view name);  // 0: none
  Result<int64_t> write_object(int64_t bucket, int64_t known, const ObjectRow& object);
  Result<> remove_upload(int64_t id);

  // A statement whose parameters are numbers.
  template <class... Number>
  Result<> run(const char* sql, Number... numbers) {
    PD_TRY(statement, database_.prepare(sql));
    int index = 0;
    (statement->bind(++index, numbers), ...);
    return statement->run();
  }
  // The first column of the first row; 0 if there is none.
  Result<int64_t> number(Statement& statement) {
    PD_TRY(row, statement.step());
    return row ? statement.number(0) : int64_t{0};
  }

  Database& database_;
};

Result<int64_t> Changer::bucket(std::string_view name) {
  PD_TRY(statement, database_.prepare("SELECT id FROM buckets WHERE name=?"));
  statement->bind(1, name);
  return number(*statement);
}

Result<Changer::Known> Changer::object(int64_t bucket, std::string_view key) {
  PD_TRY(statement, database_.prepare("SELECT id,etag FROM objects WHERE bucket=? AND key=?"));
  statement->bind(1, bucket).bind(2, key);
  PD_TRY(row, statement->step());
  return row ? Known{statement->number(0), statement->text(1)} : Known{};
}

Result<int64_t> Changer::upload(int64_t bucket, std::string_view name) {
  PD_TRY(statement, database_.prepare("SELECT id FROM uploads WHERE name=? AND bucket=?"));
  statement->bind(1, name).bind(2, bucket);
  return number(*statement);
}

Result<ObjectOutcome> Changer::operator()(const change::CreateBucket& order) {
  PD_TRY(statement,
         database_.prepare("INSERT INTO buckets(name,account,region,created_ms) VALUES(?,?,?,?)"
                           " ON CONFLICT DO NOTHING"));
  const BucketRow& bucket = order.bucket;
  statement->bind(1, bucket.name).bind(2, bucket.tenant.account).bind(3, bucket.tenant.region);
  statement->bind(4, bucket.created_ms);
  PD_CHECK(statement->run());
  return database_.changes() == 1 ? ObjectOutcome::committed : ObjectOutcome::bucket_exists;
}

Result<ObjectOutcome> Changer::operator()(const change::RemoveBucket& order) {
  PD_TRY(id, bucket(order.bucket));
  if (id == 0) return ObjectOutcome::no_bucket;
  {
    PD_TRY(statement, database_.prepare("SELECT EXISTS(SELECT 1 FROM objects WHERE bucket=?)"));
    statement->bind(1, id);
    PD_TRY(filled, number(*statement));
    if (filled != 0) return ObjectOutcome::bucket_not_empty;
  }
  PD_CHECK(run("DELETE FROM parts WHERE upload IN (SELECT id FROM uploads WHERE bucket=?)", id));
  PD_CHECK(run("DELETE FROM uploads WHERE bucket=?", id));
  PD_CHECK(run("DELETE FROM buckets WHERE id=?", id));
  return ObjectOutcome::committed;
}

// The checks come before the first change.
Result<ObjectOutcome> Changer::operator()(const change::PutObject& order) {
  PD_TRY(bucket, this->bucket(order.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  int64_t upload = 0;
  if (!order.upload.empty()) {
    PD_TRY(found, this->upload(bucket, order.upload));
    if (found == 0) return ObjectOutcome::no_upload;
    upload = found;
  }
  PD_TRY(known, object(bucket, order.object.key));
  if (order.if_absent && known.id != 0) return ObjectOutcome::condition_failed;
  if (!order.if_etag.empty()) {
    if (known.id == 0) return ObjectOutcome::no_object;
    if (known.etag != order.if_etag) return ObjectOutcome::condition_failed;
  }
  PD_TRY(id, write_object(bucket, known.id, order.object));
  int64_t position = 0;
  for (const SegmentRow& segment : order.object.segments) {
    PD_TRY(statement, database_.prepare("INSERT INTO segments(object,position,blob,size)"
                                        " VALUES(?,?,?,?)"));
    statement->bind(1, id).bind(2, position++).bind_blob(3, segment.blob).bind(4, segment.size);
    PD_CHECK(statement->run());
  }
  if (upload != 0) PD_CHECK(remove_upload(upload));
  return ObjectOutcome::committed;
}

Result<int64_t> Changer::write_object(int64_t bucket, int64_t known, const ObjectRow& object) {
  if (known != 0) PD_CHECK(run("DELETE FROM segments WHERE object=?", known));
  PD_TRY(statement, database_.prepare("INSERT OR REPLACE INTO objects"
                                      "(id,bucket,key,size,etag,modified_ms,attributes,tags)"
                                      " VALUES(?,?,?,?,?,?,?,?)"));
  if (known != 0) statement->bind(1, known);
  statement->bind(2, bucket).bind(3, object.key).bind(4, object.size).bind(5, object.etag);
  statement->bind(6, object.modified_ms).bind(7, object.attributes).bind(8, object.tags);
  PD_CHECK(statement->run());
  return known != 0 ? known : database_.last_id();
}

Result<ObjectOutcome> Changer::operator()(const change::RemoveObject& order) {
  PD_TRY(bucket, this->bucket(order.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  PD_TRY(known, object(bucket, order.key));
  PD_CHECK(run("DELETE FROM segments WHERE object=?", known.id));
  PD_CHECK(run("DELETE FROM objects WHERE id=?", known.id));
  return ObjectOutcome::committed;
}

Result<ObjectOutcome> Changer::operator()(const change::SetTags& order) {
  PD_TRY(bucket, this->bucket(order.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  PD_TRY(statement, database_.prepare("UPDATE objects SET tags=? WHERE bucket=? AND key=?"));
  statement->bind(1, order.tags).bind(2, bucket).bind(3, order.key);
  PD_CHECK(statement->run());
  return database_.changes() == 1 ? ObjectOutcome::committed : ObjectOutcome::no_object;
}

Result<ObjectOutcome> Changer::operator()(const change::CreateUpload& order) {
  PD_TRY(bucket, this->bucket(order.upload.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  PD_TRY(statement,
         database_.prepare("INSERT INTO uploads(name,bucket,key,created_ms,attributes,tags)"
                           " VALUES(?,?,?,?,?,?)"));
  const UploadRow& upload = order.upload;
  statement->bind(1, upload.id).bind(2, bucket).bind(3, upload.key).bind(4, upload.created_ms);
  statement->bind(5, upload.attributes).bind(6, upload.tags);
  PD_CHECK(statement->run());
  return ObjectOutcome::committed;
}

Result<ObjectOutcome> Changer::operator()(const change::PutPart& order) {
  PD_TRY(bucket, this->bucket(order.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  PD_TRY(upload, this->upload(bucket, order.upload));
  if (upload == 0) return ObjectOutcome::no_upload;
  PD_TRY(statement, database_.prepare("INSERT OR REPLACE INTO parts"
                                      "(upload,number,size,etag,modified_ms,attributes,blob)"
                                      " VALUES(?,?,?,?,?,?,?)"));
  const PartRow& part = order.part;
  statement->bind(1, upload).bind(2, part.number).bind(3, part.size).bind(4, part.etag);
  statement->bind(5, part.modified_ms).bind(6, part.attributes).bind_blob(7, part.blob);
  PD_CHECK(statement->run());
  return ObjectOutcome::committed;
}

Result<ObjectOutcome> Changer::operator()(const change::RemoveUpload& order) {
  PD_TRY(bucket, this->bucket(order.bucket));
  if (bucket == 0) return ObjectOutcome::no_bucket;
  PD_TRY(upload, this->upload(bucket, order.upload));
  if (upload == 0) return ObjectOutcome::no_upload;
  PD_CHECK(remove_upload(upload));
  return ObjectOutcome::committed;
}

Result<> Changer::remove_upload(int64_t id) {
  PD_CHECK(run("DELETE FROM parts WHERE upload=?", id));
  return run("DELETE FROM uploads WHERE id=?", id);
}

BucketRow read_bucket(const Statement& row) {
  return {row.text(0), {row.text(1), row.text(2)}, row.number(3)};
}

UploadRow read_upload(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.number(3), row.text(4), row.text(5)};
}

}  // namespace

Result<ObjectOutcome> apply_object_change(Database& database, const ObjectChange& change) {
  return std::visit(Changer(database), change);
}

Result<std::optional<BucketRow>> SqliteObjects::find_bucket(std::string_view name) {
  return readers_.first<BucketRow>(
      "SELECT name,account,region,created_ms FROM buckets WHERE name=?",
      [&](Statement& query) { query.bind(1, name); }, read_bucket);
}

Result<std::vector<BucketRow>> SqliteObjects::list_buckets(std::string_view account) {
  return readers_.collect<BucketRow>(
      "SELECT name,account,region,created_ms FROM buckets WHERE account=? ORDER BY name",
      [&](Statement& query) { query.bind(1, account); }, read_bucket);
}

Result<std::optional<ObjectRow>> SqliteObjects::find_object(std::string_view bucket,
                                                            std::string_view key) {
  // One statement, so that the segments are those of the row.
  bool first = true;
  ObjectRow object;
  PD_TRY(rows, readers_.collect<bool>(
                   "SELECT o.key,o.size,o.etag,o.modified_ms,o.attributes,o.tags,s.blob,s.size"
                   " FROM objects o LEFT JOIN segments s ON s.object=o.id"
                   " WHERE o.bucket=(SELECT id FROM buckets WHERE name=?) AND o.key=?"
                   " ORDER BY s.position",
                   [&](Statement& query) { query.bind(1, bucket).bind(2, key); },
                   [&](const Statement& row) {
                     if (std::exchange(first, false)) {
                       object = {row.text(0),   row.number(1), row.text(2),
                                 row.number(3), row.text(4),   row.text(5)};
                     }
                     if (const auto size = row.optional_number(7)) {
                       object.segments.push_back({row.text(6), *size});
                     }
                     return true;
                   }));
  return rows.empty() ? std::nullopt : std::optional(std::move(object));
}

Result<std::vector<ObjectRow>> SqliteObjects::list_objects(std::string_view bucket,
                                                           std::string_view first,
                                                           std::string_view end, int64_t limit) {
  const char* sql = end.empty() ? "SELECT key,size,etag,modified_ms FROM objects"
                                  " WHERE bucket=(SELECT id FROM buckets WHERE name=?1)"
                                  " AND key>=?2 ORDER BY key LIMIT ?3"
                                : "SELECT key,size,etag,modified_ms FROM objects"
                                  " WHERE bucket=(SELECT id FROM buckets WHERE name=?1)"
                                  " AND key>=?2 AND key<?4 ORDER BY key LIMIT ?3";
  return readers_.collect<ObjectRow>(
      sql,
      [&](Statement& query) {
        query.bind(1, bucket).bind(2, first).bind(3, limit);
        if (!end.empty()) query.bind(4, end);
      },
      [](const Statement& row) {
        return ObjectRow{row.text(0), row.number(1), row.text(2), row.number(3)};
      });
}

Result<std::optional<UploadRow>> SqliteObjects::find_upload(std::string_view bucket,
                                                            std::string_view id) {
  return readers_.first<UploadRow>(
      "SELECT u.name,b.name,u.key,u.created_ms,u.attributes,u.tags FROM uploads u"
      " JOIN buckets b ON b.id=u.bucket WHERE u.name=? AND b.name=?",
      [&](Statement& query) { query.bind(1, id).bind(2, bucket); }, read_upload);
}

Result<std::vector<UploadRow>> SqliteObjects::list_uploads(std::string_view bucket,
                                                           std::string_view after_key,
                                                           std::string_view after_id,
                                                           std::string_view end, int64_t limit) {
  return readers_.collect<UploadRow>(
      "SELECT name,?1,key,created_ms,attributes,tags FROM uploads"
      " WHERE bucket=(SELECT id FROM buckets WHERE name=?1) AND (key,name)>(?2,?3)"
      " AND (?4='' OR key<?4) ORDER BY key,name LIMIT ?5",
      [&](Statement& query) {
        query.bind(1, bucket).bind(2, after_key).bind(3, after_id).bind(4, end).bind(5, limit);
      },
      read_upload);
}

Result<std::vector<PartRow>> SqliteObjects::list_parts(std::string_view upload, int64_t after,
                                                       int64_t limit) {
  return readers_.collect<PartRow>(
      "SELECT number,size,etag,modified_ms,attributes,blob FROM parts"
      " WHERE upload=(SELECT id FROM uploads WHERE name=?) AND number>? ORDER BY number LIMIT ?",
      [&](Statement& query) { query.bind(1, upload).bind(2, after).bind(3, limit); },
      [](const Statement& row) {
        return PartRow{row.number(0), row.number(1), row.text(2),
                       row.number(3), row.text(4),   row.text(5)};
      });
}

}  // namespace perdure::engine
