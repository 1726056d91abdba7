#pragma once
#include <string>

#include "api/http/router.h"
#include "base/runner.h"
#include "engine/blobs.h"

namespace perdure::api {

// A backup of the running server, written by the server itself to a folder of its own machine.
//   POST /admin/backup {"to":"/absolute/folder"}   200 {"databaseBytes","blobs","blobBytes"} once
//   it
//                                                  is on stable storage
class BackupRoute final : public PlainRoute {
 public:
  // One backup at a time blocks the runner; both outlive the route.
  BackupRoute(std::string data_folder, engine::Blobs& blobs, const Clock& clock, Runner& runner)
      : data_folder_(std::move(data_folder)), blobs_(blobs), clock_(clock), runner_(runner) {}
  bool serves(std::string_view path) const override { return path == "/admin/backup"; }
  bool closed_to_functions(const RequestHead&) const override { return true; }
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  const std::string data_folder_;
  engine::Blobs& blobs_;
  const Clock& clock_;
  Runner& runner_;
};

}  // namespace perdure::api
