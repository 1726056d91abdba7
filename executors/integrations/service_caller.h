#pragma once
// The services that this server has, called in process through the shapes of the wire. Implemented
// by api, which has their operations; given to the executors by `main`.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/keys.h"

namespace perdure::executors {

// What a service has refused, as an SDK tells it.
struct ServiceError {
  std::string code;  // "InvalidToken"
  std::string message;
  int status = 400;
  bool modelled = true;  // the service's model names it; others come as the SDK's general one
};

struct ServiceAnswer {
  std::string request_id;
  std::string extended_request_id{};  // of S3
  std::optional<ServiceError> error{};
  Json output = Json::object();  // members as the SDK for Java names them, moments as ISO 8601
};

class ServiceCaller {
 public:
  virtual ~ServiceCaller() = default;

  // `service` and `action` as an ARN of aws-sdk says them: "sfn", "startExecution".
  virtual bool has(std::string_view service, std::string_view action) const = 0;
  // The name of the service in errors ("Sfn"); empty for one that is not here.
  virtual std::string display_name(std::string_view service) const = 0;
  // In the name of the tenant's account, whose resources alone it reaches. `done` comes once, from
  // any thread. `parameters` have the members in either case ("TaskToken", "taskToken"); what is no
  // text where the shape wants one goes as JSON.
  virtual void call(const engine::Tenant& tenant, std::string_view service, std::string_view action,
                    const Json& parameters, std::function<void(ServiceAnswer)> done) = 0;
};

}  // namespace perdure::executors
