// What clients ask of a bucket's settings before they use it. None can be changed: each is as with
// a new bucket on AWS, or absent.
#include "api/s3/s3_context.h"

namespace perdure::api {

namespace {

// A setting that is always the same.
Handler always(const SharedS3& s3, Json value) {
  return [s3, value = std::move(value)](std::shared_ptr<const Call> call, Done done) {
    s3->runner().post([s3, value, call = std::move(call), done = std::move(done)] {
      const auto bucket = s3->objects().find_bucket(call->tenant, call->input().text("Bucket"));
      done(bucket ? Result<Answer>(Answer(value)) : Result<Answer>(bucket.error()));
    });
  };
}

// A setting that no bucket has.
Handler never(const SharedS3& s3, std::string name, std::string cause) {
  const Error error{ErrorKind::not_found, std::move(name), std::move(cause)};
  return [s3, error](std::shared_ptr<const Call> call, Done done) {
    s3->runner().post([s3, error, call = std::move(call), done = std::move(done)] {
      const auto bucket = s3->objects().find_bucket(call->tenant, call->input().text("Bucket"));
      done(bucket ? error : bucket.error());
    });
  };
}

Operation setting(std::string name, std::string subresource, std::string root, Handler handler) {
  Operation operation =
      s3_operation(std::move(name), "GET", "/{Bucket}?" + subresource, structure({bucket_field()}),
                   structure({}), std::move(handler));
  operation.root = std::move(root);
  return operation;
}

Operation encryption(const SharedS3& s3) {
  const Shape by_default = structure({optional("SSEAlgorithm", text())});
  const Shape rule = structure({optional("ApplyServerSideEncryptionByDefault", by_default),
                                optional("BucketKeyEnabled", flag())});
  const Shape all = structure({in_body("Rules", list_of(rule), "Rule")});
  const Json rules =
      Json::array({{{"ApplyServerSideEncryptionByDefault", {{"SSEAlgorithm", "AES256"}}},
                    {"BucketKeyEnabled", false}}});
  Operation operation =
      setting("GetBucketEncryption", "encryption", "",
              always(s3, {{"ServerSideEncryptionConfiguration", {{"Rules", rules}}}}));
  operation.output = structure(
      {in_payload("ServerSideEncryptionConfiguration", all, "ServerSideEncryptionConfiguration")});
  return operation;
}

Operation request_payment(const SharedS3& s3) {
  Operation operation =
      setting("GetBucketRequestPayment", "requestPayment", "RequestPaymentConfiguration",
              always(s3, {{"Payer", "BucketOwner"}}));
  operation.output = structure({optional("Payer", text())});
  return operation;
}

}  // namespace

std::vector<Operation> bucket_setting_operations(const SharedS3& s3) {
  return {
      encryption(s3),
      request_payment(s3),
      setting("GetBucketVersioning", "versioning", "VersioningConfiguration",
              always(s3, Json::object())),
      setting("GetBucketLogging", "logging", "BucketLoggingStatus", always(s3, Json::object())),
      setting("GetBucketNotificationConfiguration", "notification", "NotificationConfiguration",
              always(s3, Json::object())),
      setting("GetBucketAccelerateConfiguration", "accelerate", "AccelerateConfiguration",
              always(s3, Json::object())),
      setting("GetPublicAccessBlock", "publicAccessBlock", "",
              never(s3, "NoSuchPublicAccessBlockConfiguration",
                    "The public access block configuration was not found")),
      setting("GetBucketPolicy", "policy", "",
              never(s3, "NoSuchBucketPolicy", "The bucket policy does not exist")),
      setting("GetBucketPolicyStatus", "policyStatus", "",
              never(s3, "NoSuchBucketPolicy", "The bucket policy does not exist")),
      setting("GetBucketTagging", "tagging", "",
              never(s3, "NoSuchTagSet", "The TagSet does not exist")),
      setting("GetBucketCors", "cors", "",
              never(s3, "NoSuchCORSConfiguration", "The CORS configuration does not exist")),
      setting(
          "GetBucketLifecycleConfiguration", "lifecycle", "",
          never(s3, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
      setting("GetBucketWebsite", "website", "",
              never(s3, "NoSuchWebsiteConfiguration",
                    "The specified bucket does not have a website configuration")),
      setting("GetBucketReplication", "replication", "",
              never(s3, "ReplicationConfigurationNotFoundError",
                    "The replication configuration was not found")),
      setting("GetObjectLockConfiguration", "object-lock", "",
              never(s3, "ObjectLockConfigurationNotFoundError",
                    "Object Lock configuration does not exist for this bucket")),
      setting("GetBucketOwnershipControls", "ownershipControls", "",
              never(s3, "OwnershipControlsNotFoundError",
                    "The bucket ownership controls were not found")),
  };
}

}  // namespace perdure::api
