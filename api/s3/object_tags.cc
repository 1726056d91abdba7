// GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
#include "api/s3/object_headers.h"
#include "api/s3/s3_context.h"
#include "base/url.h"
#include "base/wait.h"

namespace perdure::api {

namespace {

Result<Answer> get_tags(const S3& s3, const Call& call) {
  PD_TRY(info,
         s3.objects().look_up(call.tenant, call.input().text("Bucket"), call.input().text("Key")));
  Json set = Json::array();
  for (const auto& [key, value] : parse_query(info.tags).value_or(QueryParameters())) {
    set.push_back({{"Key", key}, {"Value", value}});
  }
  return Answer(Json{{"TagSet", std::move(set)}});
}

Result<Answer> set_tags(const S3& s3, const Call& call, std::string tags) {
  PD_CHECK(wait_for<void>([&](auto done) {
    s3.objects().set_tags(call.tenant, call.input().text("Bucket"), call.input().text("Key"),
                          std::move(tags), std::move(done));
  }));
  return Answer();
}

Result<Answer> put_tags(const S3& s3, const Call& call) {
  std::string query;
  const Json* set = Input(*call.input().find("Tagging")).find("TagSet");
  for (const Json& tag : set != nullptr ? *set : Json::array()) {
    query += (query.empty() ? "" : "&") + percent_encode(Input(tag).text("Key")) + "=" +
             percent_encode(Input(tag).text("Value"));
  }
  PD_TRY(tags, checked_tags(query));
  return set_tags(s3, call, std::move(tags));
}

Result<Answer> delete_tags(const S3& s3, const Call& call) { return set_tags(s3, call, ""); }

}  // namespace

std::vector<Operation> object_tag_operations(const SharedS3& s3) {
  const Shape tag = structure({optional("Key", text()), optional("Value", text())});
  const Shape set = structure({in_body("TagSet", list_of(tag), "TagSet/Tag")});
  Field payload = in_payload("Tagging", set, "Tagging");
  payload.required = true;
  const std::string path = "/{Bucket}/{Key}?tagging";
  std::vector<Operation> rows = {
      s3_operation("GetObjectTagging", "GET", path, structure({bucket_field(), key_field()}), set,
                   on_runner(s3, get_tags)),
      s3_operation("PutObjectTagging", "PUT", path,
                   structure({bucket_field(), key_field(), std::move(payload)}), structure({}),
                   on_runner(s3, put_tags)),
      s3_operation("DeleteObjectTagging", "DELETE", path, structure({bucket_field(), key_field()}),
                   structure({}), on_runner(s3, delete_tags)),
  };
  rows[0].root = "Tagging";
  rows[2].status = 204;
  return rows;
}

}  // namespace perdure::api
