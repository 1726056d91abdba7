// PutObject, DeleteObject, DeleteObjects.
#include <future>
#include <iterator>

#include "api/s3/object_headers.h"
#include "api/s3/upload_body.h"
#include "base/wait.h"

namespace perdure::api {

namespace {

constexpr size_t max_deleted = 1'000;

Result<Answer> put_object(const S3& s3, const Call& call) {
  const Input input = call.input();
  engine::PutOrder order;
  order.bucket = input.text("Bucket");
  order.key = input.text("Key");
  PD_CHECK(check_key(order.key));
  PD_CHECK(s3.objects().find_bucket(call.tenant, order.bucket));
  PD_TRY(attributes, attributes_of(call, input.has("Body") ? "text/plain; charset=UTF-8"
                                                           : "binary/octet-stream"));
  PD_TRY(tags, checked_tags(input.text("Tagging")));
  order.attributes = std::move(attributes);
  order.tags = std::move(tags);
  if (const auto none = input.maybe_text("IfNoneMatch")) {
    if (*none != "*") return invalid_argument("The only value that If-None-Match may have is *");
    order.if_absent = true;
  }
  if (const auto match = input.maybe_text("IfMatch")) order.if_etag = unquoted_etag(*match);
  PD_TRY(uploaded, take_upload(s3, call));
  Answer answer(Json{{"ServerSideEncryption", "AES256"}});
  add_checksums(uploaded.checksums, answer.json);
  order.attributes.merge(uploaded.checksums);
  order.content = std::move(uploaded.content);
  PD_TRY(info, wait_for<engine::ObjectInfo>([&](auto done) {
           s3.objects().put(call.tenant, std::move(order), std::move(done));
         }));
  answer.json["ETag"] = quoted_etag(info.etag);
  return answer;
}

Result<Answer> delete_object(const S3& s3, const Call& call) {
  const Input input = call.input();
  PD_CHECK(wait_for<void>([&](auto done) {
    s3.objects().remove(call.tenant, input.text("Bucket"), input.text("Key"), std::move(done));
  }));
  return Answer();
}

// All at once, so that they share a commit.
Result<Answer> delete_objects(const S3& s3, const Call& call) {
  const Input order(*call.input().find("Delete"));
  const Json* objects = order.find("Objects");
  if (objects == nullptr || objects->empty() || objects->size() > max_deleted) {
    return invalid("MalformedXML",
                   "The XML you provided was not well-formed or did not validate against our "
                   "published schema");
  }
  const std::string bucket = call.input().text("Bucket");
  PD_CHECK(s3.objects().find_bucket(call.tenant, bucket));
  std::vector<std::future<Result<>>> removals;
  for (const Json& object : *objects) {
    const auto promise = std::make_shared<std::promise<Result<>>>();
    removals.push_back(promise->get_future());
    s3.objects().remove(call.tenant, bucket, Input(object).text("Key"),
                        [promise](Result<> result) { promise->set_value(std::move(result)); });
  }
  Json deleted = Json::array(), errors = Json::array();
  for (size_t i = 0; i < removals.size(); ++i) {
    const std::string key = Input((*objects)[i]).text("Key");
    const auto removed = removals[i].get();
    if (removed) {
      deleted.push_back({{"Key", key}});
    } else {
      errors.push_back(
          {{"Key", key}, {"Code", removed.error().name}, {"Message", removed.error().cause}});
    }
  }
  Answer answer;
  if (!order.flag("Quiet") && !deleted.empty()) answer.json["Deleted"] = std::move(deleted);
  if (!errors.empty()) answer.json["Errors"] = std::move(errors);
  return answer;
}

Operation put_operation(const SharedS3& s3) {
  std::vector<Field> fields = object_header_fields();
  for (Field field :
       {bucket_field(), key_field(), in_header("Tagging", text(), "x-amz-tagging"),
        in_header("IfMatch", text(), "if-match"), in_header("IfNoneMatch", text(), "if-none-match"),
        optional("Body", any()), optional("ChecksumAlgorithm", text())}) {
    fields.push_back(std::move(field));
  }
  std::vector<Field> answer = checksum_fields();
  answer.push_back(in_header("ETag", text(), "ETag"));
  answer.push_back(in_header("ServerSideEncryption", text(), "x-amz-server-side-encryption"));
  Operation operation =
      s3_operation("PutObject", "PUT", "/{Bucket}/{Key}", structure(std::move(fields)),
                   structure(std::move(answer)), on_runner(s3, put_object));
  take_content(s3, operation);
  return operation;
}

Operation delete_many_operation(const SharedS3& s3) {
  const Shape object = structure({required("Key", text()), optional("VersionId", text())});
  const Shape order =
      structure({in_body("Objects", list_of(object), "Object"), optional("Quiet", flag())});
  const Shape deleted = structure({optional("Key", text())});
  const Shape error =
      structure({optional("Key", text()), optional("Code", text()), optional("Message", text())});
  Field payload = in_payload("Delete", order, "Delete");
  payload.required = true;
  Operation operation = s3_operation("DeleteObjects", "POST", "/{Bucket}?delete",
                                     structure({bucket_field(), std::move(payload)}),
                                     structure({in_body("Deleted", list_of(deleted), "Deleted"),
                                                in_body("Errors", list_of(error), "Error")}),
                                     on_runner(s3, delete_objects));
  operation.root = "DeleteResult";
  return operation;
}

}  // namespace

std::vector<Operation> write_operations(const SharedS3& s3) {
  Operation remove = s3_operation(
      "DeleteObject", "DELETE", "/{Bucket}/{Key}",
      structure({bucket_field(), key_field(), in_query("VersionId", text(), "versionId")}),
      structure({}), on_runner(s3, delete_object));
  remove.status = 204;
  return {put_operation(s3), std::move(remove), delete_many_operation(s3)};
}

}  // namespace perdure::api
