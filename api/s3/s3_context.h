#pragma once
// What the operations of S3 share.

#include <atomic>
#include <memory>
#include <string>

#include "api/s3/s3.h"

namespace perdure::api {

class S3 {
 public:
  explicit S3(S3Parts parts) : parts_(std::move(parts)) {}

  engine::Objects& objects() const { return parts_.objects; }
  int64_t now_ms() const { return parts_.clock.now_ms(); }
  // The next one, round and round.
  Runner& runner() const { return *parts_.runners[next_++ % parts_.runners.size()]; }

 private:
  const S3Parts parts_;
  mutable std::atomic<size_t> next_{0};
};
using SharedS3 = std::shared_ptr<const S3>;

// An operation that may block: it runs on one of the runners.
using S3Function = Result<Answer> (*)(const S3& s3, const Call& call);
Handler on_runner(const SharedS3& s3, S3Function function);

// The tables of operations; each stands with what it lists.
std::vector<Operation> bucket_operations(const SharedS3& s3);
std::vector<Operation> bucket_setting_operations(const SharedS3& s3);
std::vector<Operation> list_operations(const SharedS3& s3);
std::vector<Operation> read_operations(const SharedS3& s3);
std::vector<Operation> write_operations(const SharedS3& s3);
std::vector<Operation> copy_operations(const SharedS3& s3);
std::vector<Operation> upload_operations(const SharedS3& s3);
std::vector<Operation> object_tag_operations(const SharedS3& s3);

// The words of the tables.
Field bucket_field();
Field key_field();
Operation s3_operation(std::string name, std::string method, std::string path, Shape input,
                       Shape output, Handler handler);

Error invalid_argument(std::string text);
std::string quoted_etag(const std::string& etag);        // "abc" with its quotes
std::string unquoted_etag(const std::string& text);      // without them, where it has any
std::string canonical_user(const std::string& account);  // 64 hexadecimal digits
Json owner_of(const engine::Tenant& tenant);
Shape owner_shape();

}  // namespace perdure::api
