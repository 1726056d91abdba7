#include "api/http/backup_route.h"

#include <utility>

#include "api/http/answers.h"
#include "engine/backup.h"

namespace perdure::api {
namespace {

Result<std::string> folder_in(const HttpRequest& request) {
  PD_TRY(body, parse_json(request.body));
  if (!body.is_object() || !body.contains("to") || !body["to"].is_string()) {
    return invalid("ValidationException", R"(The body is {"to":"/absolute/folder"}.)");
  }
  auto folder = body["to"].get<std::string>();
  if (!folder.starts_with('/')) {
    return invalid("ValidationException", "The folder must be an absolute path.");
  }
  return folder;
}

}  // namespace

void BackupRoute::handle(HttpRequest request, const Caller&, Respond respond) {
  if (request.method != "POST") {
    return respond(error_response(invalid("MethodNotAllowed", "Use POST")));
  }
  auto folder = folder_in(request);
  if (!folder) return respond(error_response(folder.error()));
  runner_.post([this, folder = std::move(*folder), respond = std::move(respond)] {
    const auto written = engine::write_backup(data_folder_, blobs_, folder, clock_);
    if (!written) return respond(error_response(written.error()));
    respond(json_response(200, {{"databaseBytes", written->database_bytes},
                                {"blobs", written->blobs},
                                {"blobBytes", written->blob_bytes}}));
  });
}

}  // namespace perdure::api
