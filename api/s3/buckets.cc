// CreateBucket, HeadBucket, DeleteBucket, ListBuckets, GetBucketLocation.
#include "api/s3/s3_context.h"
#include "base/wait.h"

namespace perdure::api {

namespace {

constexpr std::string_view classic_region = "us-east-1";

// The one region where a bucket may be created again by who has it, and that has no constraint.
Result<Answer> create_bucket(const S3& s3, const Call& call) {
  const std::string name = call.input().text("Bucket");
  engine::Tenant tenant = call.tenant;
  if (const Json* settings = call.input().find("CreateBucketConfiguration")) {
    const std::string region = Input(*settings).text("LocationConstraint");
    if (!region.empty() && region != "EU") tenant.region = region;
    if (region == "EU") tenant.region = "eu-west-1";
  }
  auto made = wait_for<engine::Bucket>(
      [&](auto done) { s3.objects().create_bucket(tenant, name, std::move(done)); });
  const bool again = !made && made.error().name == "BucketAlreadyOwnedByYou";
  if (!made && !(again && tenant.region == classic_region)) return std::move(made).error();
  return Answer(Json{{"Location", "/" + name}});
}

Result<Answer> head_bucket(const S3& s3, const Call& call) {
  PD_TRY(bucket, s3.objects().find_bucket(call.tenant, call.input().text("Bucket")));
  return Answer(Json{{"BucketRegion", bucket.owner.region}, {"AccessPointAlias", false}});
}

Result<Answer> delete_bucket(const S3& s3, const Call& call) {
  PD_CHECK(wait_for<void>([&](auto done) {
    s3.objects().remove_bucket(call.tenant, call.input().text("Bucket"), std::move(done));
  }));
  return Answer();
}

Result<Answer> list_buckets(const S3& s3, const Call& call) {
  PD_TRY(buckets, s3.objects().list_buckets(call.tenant));
  const std::string prefix = call.input().text("Prefix");
  const std::string region = call.input().text("BucketRegion");
  Json list = Json::array();
  for (const engine::Bucket& bucket : buckets) {
    if (!bucket.name.starts_with(prefix)) continue;
    if (!region.empty() && bucket.owner.region != region) continue;
    list.push_back({{"Name", bucket.name}, {"CreationDate", seconds(bucket.created_ms)}});
  }
  return Answer(Json{{"Owner", owner_of(call.tenant)}, {"Buckets", std::move(list)}});
}

Result<Answer> get_bucket_location(const S3& s3, const Call& call) {
  PD_TRY(bucket, s3.objects().find_bucket(call.tenant, call.input().text("Bucket")));
  const bool classic = bucket.owner.region == classic_region;
  return Answer(classic ? Json::object() : Json{{"LocationConstraint", bucket.owner.region}});
}

}  // namespace

std::vector<Operation> bucket_operations(const SharedS3& s3) {
  const Shape settings = structure({optional("LocationConstraint", text())});
  const Shape bucket = structure({optional("Name", text()), optional("CreationDate", moment())});
  std::vector<Operation> rows = {
      s3_operation("CreateBucket", "PUT", "/{Bucket}",
                   structure({bucket_field(), in_payload("CreateBucketConfiguration", settings,
                                                         "CreateBucketConfiguration")}),
                   structure({in_header("Location", text(), "Location")}),
                   on_runner(s3, create_bucket)),
      s3_operation("HeadBucket", "HEAD", "/{Bucket}", structure({bucket_field()}),
                   structure({in_header("BucketRegion", text(), "x-amz-bucket-region"),
                              in_header("AccessPointAlias", flag(), "x-amz-access-point-alias")}),
                   on_runner(s3, head_bucket)),
      s3_operation("DeleteBucket", "DELETE", "/{Bucket}", structure({bucket_field()}),
                   structure({}), on_runner(s3, delete_bucket)),
      s3_operation("ListBuckets", "GET", "/",
                   structure({in_query("Prefix", text(), "prefix"),
                              in_query("BucketRegion", text(), "bucket-region")}),
                   structure({optional("Owner", owner_shape()),
                              in_body("Buckets", list_of(bucket), "Buckets/Bucket")}),
                   on_runner(s3, list_buckets)),
      s3_operation("GetBucketLocation", "GET", "/{Bucket}?location", structure({bucket_field()}),
                   structure({in_payload("LocationConstraint", text(), "LocationConstraint")}),
                   on_runner(s3, get_bucket_location)),
  };
  rows[2].status = 204;
  rows[3].root = "ListAllMyBucketsResult";
  return rows;
}

}  // namespace perdure::api
