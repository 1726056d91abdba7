#pragma once
// The object store: buckets with objects, in the same database and discipline as everything else.
// Content lies in blobs (engine/blobs.h), so that an object is replaced by naming other blobs and
// who has opened one reads it to its end.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/blobs.h"
#include "engine/keys.h"

namespace perdure::engine {

struct Bucket {
  std::string name;  // of one bucket in the world, whoever has it
  Tenant owner;      // the region is where it was created
  int64_t created_ms = 0;
};

// What is known of an object beside its content, by the names of its headers in lower case:
// "content-type", "x-amz-meta-colour", "x-amz-checksum-crc32".
using ObjectAttributes = std::map<std::string, std::string>;

// A content is the contents of its segments, one after the other.
struct Segment {
  BlobHash blob;
  int64_t size = 0;  // bytes
  bool operator==(const Segment&) const = default;
};

struct ObjectInfo {
  std::string key;
  int64_t size = 0;  // bytes
  std::string etag;  // without its quotes
  int64_t modified_ms = 0;
  ObjectAttributes attributes;  // lists leave out this and what follows
  std::string tags;             // as a query: "colour=red&size=9"
  std::vector<Segment> segments;
};

// An object as it was when it was opened, whatever happens to its key meanwhile. For one thread at
// a time; reads block on the disk.
class ObjectContent {
 public:
  virtual ~ObjectContent() = default;
  virtual const ObjectInfo& info() const = 0;
  // Fewer bytes than asked for at the end of the content only.
  virtual Result<std::string> read(int64_t offset, int64_t length) = 0;
};

// What has been written and has no name yet. It must be named within the hour (by a put, or in the
// blobs of an actor's row), else it is removed.
struct StoredContent {
  std::vector<Segment> segments;
  int64_t size = 0;
  std::string md5;  // 16 bytes
};

// Takes a content as it comes. Small ones are held in memory until the end, others go to disk.
// Destroyed without finish(), it leaves nothing behind.
class ContentWriter {
 public:
  virtual ~ContentWriter() = default;
  virtual Result<> write(std::string_view chunk) = 0;
  virtual Result<StoredContent> finish() = 0;  // once; the content is on stable storage then
};

struct PutOrder {
  std::string bucket, key;
  StoredContent content;
  std::string etag{};  // empty: the MD5 in hexadecimal digits
  ObjectAttributes attributes{};
  std::string tags{};
  bool if_absent = false;  // PreconditionFailed if the key has an object
  std::string if_etag{};   // PreconditionFailed (NoSuchKey) unless its object has this one
};

struct ListOrder {
  std::string bucket;
  std::string prefix{};
  std::string delimiter{};  // keys that have it behind the prefix are gathered as one prefix
  std::string after{};      // only keys and common prefixes behind this one
  int64_t limit = 1'000;    // keys and common prefixes together
};

struct ObjectList {
  struct Entry {
    std::string key;                 // or the common prefix
    std::optional<ObjectInfo> info;  // nothing: a common prefix
  };
  std::vector<Entry> entries;  // in the byte order of their keys
  bool truncated = false;      // there is more behind the last entry
};

struct Upload {  // one in parts, under way
  std::string id, bucket, key;
  int64_t created_ms = 0;
  ObjectAttributes attributes{};
  std::string tags{};
};

struct UploadPart {
  int number = 0;  // 1 to 10,000
  int64_t size = 0;
  std::string etag;
  int64_t modified_ms = 0;
  ObjectAttributes attributes{};  // its checksums
  Segment segment{};
};

// Errors are AWS's: NoSuchBucket, NoSuchKey, AccessDenied (a bucket of another account), ... Reads
// block on the disk: call them on a runner that may wait. Writes are durable when `done` is called,
// once, from any thread; see base/wait.h for callers that would rather wait. Safe from any thread.
class Objects {
 public:
  template <class T = void>
  using Done = std::function<void(Result<T>)>;

  virtual ~Objects() = default;

  virtual Result<Bucket> find_bucket(const Tenant& tenant, std::string_view name) = 0;
  virtual Result<std::vector<Bucket>> list_buckets(const Tenant& tenant) = 0;  // of the account
  // BucketAlreadyExists, BucketAlreadyOwnedByYou, InvalidBucketName.
  virtual void create_bucket(const Tenant& tenant, std::string name, Done<Bucket> done) = 0;
  virtual void remove_bucket(const Tenant& tenant, std::string name, Done<> done) = 0;

  virtual Result<std::unique_ptr<ObjectContent>> open(const Tenant& tenant, std::string_view bucket,
                                                      std::string_view key) = 0;
  // The same content again, by the segments that somebody has kept a name of.
  virtual Result<std::unique_ptr<ObjectContent>> reopen(ObjectInfo info) = 0;
  virtual Result<ObjectInfo> look_up(const Tenant& tenant, std::string_view bucket,
                                     std::string_view key) = 0;
  virtual Result<ObjectList> list(const Tenant& tenant, const ListOrder& order) = 0;

  virtual std::unique_ptr<ContentWriter> writer() = 0;
  // Visible whole or not at all.
  virtual void put(const Tenant& tenant, PutOrder order, Done<ObjectInfo> done) = 0;
  // One that is not there is fine.
  virtual void remove(const Tenant& tenant, std::string bucket, std::string key, Done<> done) = 0;
  virtual void set_tags(const Tenant& tenant, std::string bucket, std::string key, std::string tags,
                        Done<> done) = 0;

  // Uploads in parts. NoSuchUpload for one that does not exist.
  virtual void create_upload(const Tenant& tenant, Upload upload, Done<Upload> done) = 0;
  virtual void put_part(const Tenant& tenant, std::string bucket, std::string upload,
                        UploadPart part, Done<UploadPart> done) = 0;
  // `order.content` is made of the parts; the upload is gone with it.
  virtual void complete_upload(const Tenant& tenant, std::string upload, PutOrder order,
                               Done<ObjectInfo> done) = 0;
  virtual void abort_upload(const Tenant& tenant, std::string bucket, std::string upload,
                            Done<> done) = 0;
  virtual Result<Upload> find_upload(const Tenant& tenant, std::string_view bucket,
                                     std::string_view upload) = 0;
  // Ordered by number, those behind `after`.
  virtual Result<std::vector<UploadPart>> list_parts(const Upload& upload, int after,
                                                     int64_t limit) = 0;
  // Ordered by key and id, those behind the pair.
  virtual Result<std::vector<Upload>> list_uploads(const Tenant& tenant, std::string_view bucket,
                                                   std::string_view prefix,
                                                   std::string_view after_key,
                                                   std::string_view after_id, int64_t limit) = 0;
};

}  // namespace perdure::engine
