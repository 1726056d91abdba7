#include "api/s3/upload_body.h"

#include <charconv>
#include <utility>

#include "base/hash.h"

namespace perdure::api {

namespace {

constexpr std::string_view streaming = "STREAMING-";
// 5 GiB, and what the frame of chunks adds to it.
constexpr uint64_t max_upload_bytes = (5ULL << 30) + (64 << 20);

Error incomplete() {
  return invalid("IncompleteBody",
                 "You did not provide the number of bytes specified by the Content-Length HTTP "
                 "header");
}

}  // namespace

UploadBody::UploadBody(std::unique_ptr<engine::ContentWriter> writer, const RequestHead& head)
    : writer_(std::move(writer)) {
  const std::string_view sha256 = head.headers.get("x-amz-content-sha256");
  chunked_ = sha256.starts_with(streaming);
  if (sha256.size() == 64) {
    sha256_ = make_checksum("SHA256");
    expected_sha256_ = sha256;
  }
  if (const auto md5 = head.headers.find("content-md5")) content_md5_ = std::string(*md5);
  const std::string_view length = head.headers.get("x-amz-decoded-content-length");
  if (chunked_ && !length.empty()) {
    expected_bytes_ = -1;  // unless it is a number
    std::from_chars(length.data(), length.data() + length.size(), *expected_bytes_);
  }
  for (const ChecksumKind& kind : checksum_kinds) {
    if (const auto value = head.headers.find(kind.header))
      add_sum(kind, std::string(*value), false);
    if (equals_ignoring_case(head.headers.get("x-amz-trailer"), kind.header)) {
      add_sum(kind, std::nullopt, true);
    }
  }
  if (!sums_.empty()) return;
  const auto* wanted = checksum_kind(head.headers.get("x-amz-sdk-checksum-algorithm"));
  add_sum(wanted != nullptr ? *wanted : *checksum_kind("CRC64NVME"), std::nullopt, false);
}

void UploadBody::add_sum(const ChecksumKind& kind, std::optional<std::string> expected,
                         bool in_trailer) {
  sums_.push_back({&kind, make_checksum(kind.algorithm), std::move(expected), in_trailer});
}

Result<> UploadBody::write(std::string_view chunk) {
  if (failure_) return {};
  const auto taken = chunked_ ? feed(chunk) : data(chunk);
  if (taken) return {};
  if (taken.error().kind == ErrorKind::unavailable) return taken;
  failure_ = taken.error();
  return {};
}

Result<> UploadBody::data(std::string_view piece) {
  bytes_ += int64_t(piece.size());
  for (Sum& sum : sums_) sum.checksum->update(piece);
  if (sha256_) sha256_->update(piece);
  return writer_->write(piece);
}

Result<> UploadBody::check_size() const {
  const bool cut = chunked_ && !finished();
  if (cut || (expected_bytes_ && *expected_bytes_ != bytes_)) return incomplete();
  return {};
}

Result<> UploadBody::check_md5(const std::string& md5) const {
  if (!content_md5_) return {};
  const auto expected = base64_decode(*content_md5_);
  if (!expected || expected->size() != md5.size()) {
    return invalid("InvalidDigest", "The Content-MD5 you specified was invalid.");
  }
  if (*expected == md5) return {};
  return invalid("BadDigest", "The Content-MD5 you specified did not match what we received.");
}

Result<Uploaded> UploadBody::finish() {
  if (failure_) return *failure_;
  PD_CHECK(check_size());
  if (sha256_ && hex(sha256_->finish()) != expected_sha256_) {
    return invalid("XAmzContentSHA256Mismatch",
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  Uploaded uploaded;
  for (Sum& sum : sums_) {
    std::string value = base64_encode(sum.checksum->finish());
    if (sum.in_trailer) sum.expected = std::string(trailers().get(sum.kind->header));
    if (sum.expected && *sum.expected != value) {
      return invalid("BadDigest", "The " + std::string(sum.kind->algorithm) +
                                      " you specified did not match the calculated checksum.");
    }
    uploaded.checksums[sum.kind->header] = std::move(value);
  }
  uploaded.checksums[checksum_type_header] = "FULL_OBJECT";
  PD_TRY(content, writer_->finish());
  PD_CHECK(check_md5(content.md5));
  uploaded.content = std::move(content);
  return uploaded;
}

// A caller in the process gets what the SDK behind an integration adds to a text.
Result<Uploaded> take_upload(const S3& s3, const Call& call) {
  if (auto* body = dynamic_cast<UploadBody*>(call.sink.get())) return body->finish();
  RequestHead head;
  const Json* text = call.input().find("Body");
  if (text != nullptr) head.headers.set("x-amz-sdk-checksum-algorithm", "CRC32");
  if (const auto wanted = call.input().maybe_text("ChecksumAlgorithm")) {
    head.headers.set("x-amz-sdk-checksum-algorithm", *wanted);
  }
  for (const ChecksumKind& kind : checksum_kinds) {
    if (const auto value = call.input().maybe_text(kind.member)) {
      head.headers.add(kind.header, *value);
    }
  }
  UploadBody body(s3.objects().writer(), head);
  if (text != nullptr) {
    PD_CHECK(body.write(text->is_string() ? text->get<std::string>() : dump_json(*text)));
  }
  return body.finish();
}

void take_content(const SharedS3& s3, Operation& operation) {
  operation.sink_limit_bytes = max_upload_bytes;
  operation.open_sink = [s3](const RequestHead& head) -> std::unique_ptr<BodySink> {
    return std::make_unique<UploadBody>(s3->objects().writer(), head);
  };
}

}  // namespace perdure::api
