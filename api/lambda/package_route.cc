#include "api/lambda/package_route.h"

#include <utility>

#include "api/http/answers.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

constexpr std::string_view prefix = "/function-packages/";

// The blob that what is named has now.
Result<std::string> blob_of(executors::FunctionCatalog& catalog, const std::string& arn) {
  const engine::Arn parts = engine::parse_arn(arn);
  const engine::Tenant tenant{parts.account, parts.region};
  if (parts.rest.starts_with("layer:")) {
    PD_TRY(name, executors::parse_layer_name(tenant, arn));
    PD_TRY(layer, catalog.layers().find(tenant, name));
    return layer.blob;
  }
  PD_TRY(name, executors::parse_function_name(tenant, arn));
  PD_TRY(function, catalog.find(name));
  return function->code_blob;
}

}  // namespace

std::string package_url(const LambdaParts& parts, const std::string& arn, const std::string& blob) {
  return "http://" + parts.url_authority + std::string(prefix) + percent_encode(arn) +
         "?package=" + blob;
}

Result<std::string> PackageRoute::read(const HttpRequest& request) const {
  const Error none = resource_not_found("There is no such package any more");
  const auto path = request.decoded_path();
  const auto query = request.query_parameters();
  if (!path || !query || query->size() != 1 || query->front().first != "package") return none;
  const auto blob = blob_of(parts_.runtime.catalog(), path->substr(prefix.size()));
  if (!blob || blob->empty() || *blob != query->front().second) return none;
  return parts_.runtime.catalog().package(*blob);
}

void PackageRoute::handle(HttpRequest request, const Caller&, Respond respond) {
  auto package = read(request);
  if (!package) return respond(error_response(package.error()));
  HttpResponse response;
  add_header(response, "Content-Type", "application/zip");
  response.body = std::move(*package);
  respond(std::move(response));
}

}  // namespace perdure::api
