#pragma once
// The content of PutObject and UploadPart on its way into the object store: taken out of its
// chunks, summed up, and held against what the client says of it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/aws/aws_chunked.h"
#include "api/s3/checksums.h"
#include "api/s3/s3_context.h"
#include "base/checksum.h"

namespace perdure::api {

struct Uploaded {
  engine::StoredContent content;
  engine::ObjectAttributes checksums;  // by their headers
};

class UploadBody final : public BodySink, private AwsChunks {
 public:
  UploadBody(std::unique_ptr<engine::ContentWriter> writer, const RequestHead& head);

  // A body that is wrong is read to its end all the same, so that the client hears why.
  Result<> write(std::string_view chunk) override;
  // Once, when the body is complete: BadDigest, IncompleteBody, XAmzContentSHA256Mismatch, ...
  Result<Uploaded> finish();

 private:
  struct Sum {
    const ChecksumKind* kind;
    std::unique_ptr<Checksum> checksum;
    std::optional<std::string> expected;  // base64
    bool in_trailer = false;
  };
  void add_sum(const ChecksumKind& kind, std::optional<std::string> expected, bool in_trailer);
  Result<> data(std::string_view piece) override;
  Result<> check_size() const;
  Result<> check_md5(const std::string& md5) const;

  std::unique_ptr<engine::ContentWriter> writer_;
  std::vector<Sum> sums_;
  std::unique_ptr<Checksum> sha256_;  // where the request's head tells it
  std::string expected_sha256_;       // hexadecimal digits
  std::optional<std::string> content_md5_;
  std::optional<int64_t> expected_bytes_;
  int64_t bytes_ = 0;
  bool chunked_;
  std::optional<Error> failure_;
};

// The content of a call: what came by the wire, or the member Body of a call within the process
// (text; other JSON as its text).
Result<Uploaded> take_upload(const S3& s3, const Call& call);

// How an operation takes its content.
void take_content(const SharedS3& s3, Operation& operation);

}  // namespace perdure::api
