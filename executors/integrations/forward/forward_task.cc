#include "executors/integrations/forward/forward_task.h"

#include <utility>

#include "executors/integrations/forward/action_forms.h"
#include "executors/integrations/forward/jobs.h"
#include "executors/integrations/forward/optimised.h"
#include "executors/integrations/forward/sigv4.h"
#include "executors/integrations/forward/wire_request.h"
#include "executors/integrations/sdk_task.h"

namespace perdure::executors {
namespace {

constexpr int call_timeout_ms = 60'000;
constexpr int max_failed_polls = 10;  // one after the other
constexpr std::string_view sdk_prefix = "aws-sdk:";

void replace(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// One task: what it calls, and how its errors are told.
struct Target {
  const ForwardRoute* route = nullptr;
  const OptimisedService* optimised = nullptr;  // null: aws-sdk
  const ActionForm* form = nullptr;             // null: the action is the operation
  std::shared_ptr<const ServiceModel> model;
  std::string prefix;  // of errors

  engine::answer::Failed failure(const WireAnswer& answer) const {
    if (optimised != nullptr) return optimised_failure(*optimised, answer);
    ServiceError error = *answer.error;
    if (error.modelled) error.code = answer.exception;
    return sdk_failure(prefix, error, answer.request_id, answer.extended_request_id);
  }
  engine::answer::Failed client_failure(const std::string& cause) const {
    return {prefix + ".SdkClientException", cause};
  }
};
using TargetPtr = std::shared_ptr<const Target>;

class ForwardTask final : public Integration {
 public:
  ForwardTask(ForwardParts parts, bool instead)
      : parts_(std::move(parts)), instead_(instead), library_(parts_.settings.models) {}

  bool serves(const asl::TaskResource& resource) const override {
    const ForwardRoute* route = parts_.settings.route(route_name(resource));
    return route != nullptr && !route->endpoint.empty() && route->instead == instead_;
  }

  void begin(const IntegrationAttemptPtr& attempt) override {
    auto found = target_of(attempt->request.resource);
    if (!found) return attempt->answer(unusable(found.error()));
    const TargetPtr target = *found;
    auto parameters = parse_json(attempt->request.parameters.text());
    if (!parameters || !parameters->is_object()) {
      return attempt->fail("States.Runtime", "The Parameters of a service call must be an object");
    }
    const asl::TaskResource& resource = attempt->request.resource;
    const std::string action(action_without_pattern(resource.action));
    if (resource.pattern == asl::TaskPattern::sync && job_of(resource) == nullptr) {
      return attempt->answer(unusable(
          invalid("", "How a job of " + resource.service + ":" + action +
                          " ends is not known to this server: a plugin can do it, or a loop of "
                          "states that asks the service.")));
    }
    if (target->optimised != nullptr) add_to_parameters(attempt->request, *parameters);
    std::string operation = upper_first(action);
    if (const ActionForm* form = target->form) {
      operation = form->operation;
      if (!form->parameters.empty()) *parameters = filled_in(form->parameters, *parameters, {});
    }
    call(attempt, target, operation, *parameters,
         [this, attempt, target](const Result<HttpResponse>& response,
                                 const Result<WireAnswer>& answer) {
           if (!answer) return attempt->answer(target->client_failure(answer.error().cause));
           if (answer->error) return attempt->answer(target->failure(*answer));
           WireAnswer shown = *answer;
           if (target->form != nullptr && !target->form->answer.empty()) {
             shown.output = filled_in(target->form->answer, {}, answer->output);
           }
           answered(attempt, target, *response, shown);
         });
  }

  void follow(const IntegrationAttemptPtr& attempt) override {
    auto target = target_of(attempt->request.resource);
    if (!target) return attempt->answer(unusable(target.error()));
    const auto started = parse_json(attempt->request.submitted.text());
    if (!started || job_of(attempt->request.resource) == nullptr) {
      return attempt->answer(lost(*attempt));
    }
    poll_later(attempt, *target, std::make_shared<const Json>(*started), 0);
  }

  engine::answer::Failed lost(const IntegrationAttempt& attempt) const override {
    const asl::TaskResource& resource = attempt.request.resource;
    const OptimisedService* optimised = optimised_service(resource.service);
    return {(optimised != nullptr ? std::string(optimised->prefix) : resource.service) +
                ".SdkClientException",
            lost_cause};
  }

 private:
  using Answered = std::function<void(const Result<HttpResponse>&, const Result<WireAnswer>&)>;
  using Started = std::shared_ptr<const Json>;

  static engine::answer::Failed unusable(const Error& error) {
    return {"Perdure.UnsupportedResourceException", error.cause};
  }

  static const JobKind* job_of(const asl::TaskResource& resource) {
    return job_kind(resource.service, action_without_pattern(resource.action));
  }

  Result<TargetPtr> target_of(const asl::TaskResource& resource) {
    auto target = std::make_shared<Target>();
    target->route = parts_.settings.route(route_name(resource));
    std::string sdk;
    if (resource.service.starts_with(sdk_prefix)) {
      sdk = resource.service.substr(sdk_prefix.size());
    } else {
      target->optimised = optimised_service(resource.service);
      if (target->optimised == nullptr) {
        return invalid("", "The service '" + resource.service +
                               "' cannot be forwarded to an endpoint: a plugin can do it.");
      }
      sdk = target->optimised->sdk;
      target->form = action_form(resource.service, action_without_pattern(resource.action));
      if (target->form != nullptr && !target->form->sdk.empty()) sdk = target->form->sdk;
    }
    PD_TRY(model, library_.find(sdk));
    target->model = std::move(model);
    target->prefix = target->optimised != nullptr ? std::string(target->optimised->prefix)
                                                  : target->model->display_name();
    return TargetPtr(std::move(target));
  }

  // Done on the runner. An attempt that is no longer wanted hears nothing.
  void call(const IntegrationAttemptPtr& attempt, const TargetPtr& target,
            const std::string& operation, const Json& parameters, Answered done) {
    auto request = signed_request(attempt->request.tenant, *target, operation, parameters);
    if (!request) return done(request.error(), request.error());
    attempt->on_cancel(parts_.http.send(
        std::move(*request),
        [this, attempt, target, operation, done = std::move(done)](Result<HttpResponse> response) {
          parts_.runner.post([attempt, target, operation, done, response = std::move(response)] {
            attempt->work([&] {
              if (response)
                return done(response, wire_answer(*target->model, operation, *response));
              done(response, Error{response.error().kind, response.error().name,
                                   "Unable to execute HTTP request: " + response.error().cause});
            });
          });
        }));
  }

  Result<OutgoingRequest> signed_request(const engine::Tenant& tenant, const Target& target,
                                         const std::string& operation, const Json& parameters) {
    const ForwardRoute& route = *target.route;
    const std::string region = route.region.empty() ? tenant.region : route.region;
    std::string endpoint = route.endpoint;
    replace(endpoint, "{service}", target.model->metadata("endpointPrefix"));
    replace(endpoint, "{region}", region);
    PD_TRY(url, HttpUrl::parse(endpoint));
    PD_TRY(request, wire_request(*target.model, operation, parameters, url));
    request.timeout_ms = call_timeout_ms;
    // An answer may be larger on the wire than what is shown of it.
    request.max_body_bytes = uint64_t(parts_.max_payload_bytes) * 8;
    AwsCredentials credentials{tenant.account, "perdure", ""};
    if (parts_.settings.credentials) credentials = *parts_.settings.credentials;
    if (route.credentials) credentials = *route.credentials;
    sign(request, credentials, {target.model->signing_name(), region, parts_.clock.now_ms()});
    return request;
  }

  void answered(const IntegrationAttemptPtr& attempt, const TargetPtr& target,
                const HttpResponse& response, const WireAnswer& answer) {
    if (target->optimised == nullptr) return attempt->succeed(dump_json(answer.output));
    engine::TaskAnswer told = optimised_answer(*target->optimised, answer, response);
    const bool good = std::holds_alternative<engine::answer::Succeeded>(told);
    attempt->answer(std::move(told));
    if (!good || attempt->request.resource.pattern != asl::TaskPattern::sync) return;
    poll_later(attempt, target, std::make_shared<const Json>(answer.output), 0);
  }

  void poll_later(const IntegrationAttemptPtr& attempt, const TargetPtr& target,
                  const Started& started, int failures) {
    parts_.runner.run_at(parts_.clock.now_ms() + parts_.settings.poll_ms,
                         [this, attempt, target, started, failures] {
                           attempt->work([&] { poll(attempt, target, started, failures); });
                         });
  }

  void poll(const IntegrationAttemptPtr& attempt, const TargetPtr& target, const Started& started,
            int failures) {
    const JobKind& kind = *job_of(attempt->request.resource);
    const auto parameters = parse_json(attempt->request.parameters.text());
    call(attempt, target, std::string(kind.poll),
         filled_in(kind.poll_parameters, parameters ? *parameters : Json::object(), *started),
         [this, attempt, target, started, failures, &kind](const Result<HttpResponse>&,
                                                           const Result<WireAnswer>& answer) {
           if (answer && answer->error && !kind.gone.empty() && answer->error->code == kind.gone) {
             return attempt->complete(dump_json(*started));
           }
           if (!answer || answer->error) {
             // The job runs on whether or not somebody hears of it.
             if (failures + 1 < max_failed_polls) {
               return poll_later(attempt, target, started, failures + 1);
             }
             return attempt->answer(answer ? target->failure(*answer)
                                           : target->client_failure(answer.error().cause));
           }
           const auto end = job_end(kind, answer->output);
           if (!end) return poll_later(attempt, target, started, 0);
           if (end->good && !kind.result.empty()) {
             return attempt->complete(dump_json(filled_in(kind.result, *started, answer->output)));
           }
           if (end->good) return attempt->complete(dump_json(end->job));
           attempt->fail("States.TaskFailed", dump_json(end->job));
         });
  }

  const ForwardParts parts_;
  const bool instead_;
  ModelLibrary library_;
};

}  // namespace

std::string route_name(const asl::TaskResource& resource) {
  return resource.service + ":" + resource.action;
}

std::unique_ptr<Integration> make_forward_task(ForwardParts parts, bool instead) {
  return std::make_unique<ForwardTask>(std::move(parts), instead);
}

}  // namespace perdure::executors
