#include "executors/integrations/sdk_task.h"

#include <fmt/format.h>

#include <utility>

namespace perdure::executors {
namespace {

constexpr std::string_view prefix = "aws-sdk:";

class SdkTask final : public Integration {
 public:
  SdkTask(ServiceCaller& services, Runner& runner) : services_(services), runner_(runner) {}

  bool serves(const asl::TaskResource& resource) const override {
    return resource.service.starts_with(prefix) &&
           services_.has(service_of(resource), action_without_pattern(resource.action));
  }

  void begin(const IntegrationAttemptPtr& attempt) override {
    const engine::TaskRequest& request = attempt->request;
    const std::string display = services_.display_name(service_of(request.resource));
    const auto parameters = parse_json(request.parameters.text());
    if (!parameters || !parameters->is_object()) {
      return attempt->fail("States.Runtime", "The Parameters of an AWS SDK call must be an object");
    }
    services_.call(request.tenant, service_of(request.resource),
                   action_without_pattern(request.resource.action), *parameters,
                   [&runner = runner_, attempt, display](ServiceAnswer answer) {
                     runner.post([attempt, display, answer = std::move(answer)] {
                       if (!answer.error) return attempt->succeed(dump_json(answer.output));
                       attempt->answer(sdk_failure(display, *answer.error, answer.request_id,
                                                   answer.extended_request_id));
                     });
                   });
  }

  engine::answer::Failed lost(const IntegrationAttempt& attempt) const override {
    return {services_.display_name(service_of(attempt.request.resource)) + ".SdkClientException",
            lost_cause};
  }

 private:
  static std::string_view service_of(const asl::TaskResource& resource) {
    return std::string_view(resource.service).substr(prefix.size());
  }

  ServiceCaller& services_;
  Runner& runner_;
};

}  // namespace

std::string_view action_without_pattern(std::string_view action) {
  return action.substr(0, action.find('.'));
}

engine::answer::Failed sdk_failure(const std::string& service, const ServiceError& error,
                                   const std::string& request_id,
                                   const std::string& extended_request_id) {
  std::string name = error.modelled ? error.code : service;
  if (!name.ends_with("Exception")) name += "Exception";
  const std::string extended =
      extended_request_id.empty() ? "" : ", Extended Request ID: " + extended_request_id;
  return {service + "." + name,
          fmt::format("{} (Service: {}, Status Code: {}, Request ID: {}{}) (SDK Attempt Count: 1)",
                      error.message, service, error.status, request_id, extended)};
}

std::unique_ptr<Integration> make_sdk_task(ServiceCaller& services, Runner& runner) {
  return std::make_unique<SdkTask>(services, runner);
}

}  // namespace perdure::executors
