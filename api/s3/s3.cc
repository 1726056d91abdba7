#include "api/s3/s3.h"

#include <iterator>
#include <utility>

#include "api/s3/s3_context.h"
#include "base/hash.h"

namespace perdure::api {

Handler on_runner(const SharedS3& s3, S3Function function) {
  return [s3, function](std::shared_ptr<const Call> call, Done done) {
    s3->runner().post([s3, function, call = std::move(call), done = std::move(done)] {
      done(function(*s3, *call));
    });
  };
}

Field bucket_field() { return in_uri("Bucket", text()); }
Field key_field() { return in_uri("Key", text()); }

Operation s3_operation(std::string name, std::string method, std::string path, Shape input,
                       Shape output, Handler handler) {
  Operation operation{std::move(name), std::move(input), std::move(handler), std::move(method),
                      std::move(path)};
  operation.output = std::move(output);
  return operation;
}

Error invalid_argument(std::string text) { return invalid("InvalidArgument", std::move(text)); }

std::string quoted_etag(const std::string& etag) { return "\"" + etag + "\""; }

std::string unquoted_etag(const std::string& text) {
  std::string_view etag = text;
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.starts_with('"')) etag.remove_prefix(1);
  if (etag.ends_with('"')) etag.remove_suffix(1);
  return std::string(etag);
}

std::string canonical_user(const std::string& account) { return hex(sha256("user " + account)); }

Json owner_of(const engine::Tenant& tenant) { return {{"ID", canonical_user(tenant.account)}}; }

Shape owner_shape() { return structure({optional("ID", text())}); }

Service s3_service(S3Parts parts) {
  const auto s3 = std::make_shared<const S3>(std::move(parts));
  Service service{"s3", Protocol::rest_xml, "2006-03-01", "", {}};
  for (auto* group :
       {&bucket_operations, &bucket_setting_operations, &list_operations, &read_operations,
        &write_operations, &copy_operations, &upload_operations, &object_tag_operations}) {
    std::vector<Operation> rows = group(s3);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api
