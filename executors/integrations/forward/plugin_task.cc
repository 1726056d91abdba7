// Tasks done by a plain HTTP service. It gets
//   POST {resource, parameters, taskToken?, executionArn, stateMachineArn, stateName, attempt,
//         requestId, timeoutSeconds?, heartbeatSeconds?}
// and answers 200 with the result, 4xx or 5xx with {error, cause}; a job behind .sync 202 with
// {poll: URL, ...}, whose URL answers 202 while it runs, then like a task.
#include <algorithm>
#include <utility>

#include "executors/integrations/forward/forward_task.h"

namespace perdure::executors {
namespace {

constexpr int64_t default_timeout_s = 300;
constexpr int64_t max_timeout_s = 24 * 3600;
constexpr int poll_timeout_ms = 30'000;
constexpr int max_failed_polls = 10;  // one after the other
constexpr int accepted = 202;

std::string task_json(const engine::TaskRequest& request) {
  std::string out = "{\"resource\":" + dump_json(Json(request.resource.arn)) +
                    ",\"parameters\":" + std::string(request.parameters.text());
  const auto add = [&out](const char* name, const Json& value) {
    out += ",\"" + std::string(name) + "\":" + dump_json(value);
  };
  if (!request.task_token.empty()) add("taskToken", request.task_token);
  add("executionArn", request.execution_arn);
  add("stateMachineArn", request.state_machine_arn);
  add("stateName", request.state_name);
  add("attempt", request.attempt_number);
  add("requestId", request.request_id);
  if (request.timeout_seconds > 0) add("timeoutSeconds", request.timeout_seconds);
  if (request.heartbeat_seconds > 0) add("heartbeatSeconds", request.heartbeat_seconds);
  return out + "}";
}

// {error, cause}; what is no such JSON is told by its status and text.
engine::answer::Failed failure_of(const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  engine::answer::Failed failed{"Perdure.PluginException", response.body};
  const auto json = parse_json(response.body);
  if (!json || !json->is_object()) {
    failed.cause = "The plugin answered with status " + status + ": " + response.body;
    return failed;
  }
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const auto found = json->find(name);
    if (found == json->end() || found->is_null()) return std::nullopt;
    return found->is_string() ? found->get<std::string>() : dump_json(*found);
  };
  failed.error = text("error").value_or(*failed.error);
  failed.cause = text("cause");
  return failed;
}

// Compact, as it came: the order of its members and the form of its numbers are kept.
std::optional<std::string> compact(const std::string& body) {
  if (body.empty()) return "{}";
  asl::Arena arena;
  const auto value = asl::parse_json(body, arena);
  if (!value) return std::nullopt;
  return asl::to_json(*value);
}

class PluginTask final : public Integration {
 public:
  PluginTask(ForwardParts parts, bool instead) : parts_(std::move(parts)), instead_(instead) {}

  bool serves(const asl::TaskResource& resource) const override {
    const ForwardRoute* route = parts_.settings.route(route_name(resource));
    return route != nullptr && !route->plugin.empty() && route->instead == instead_;
  }

  void begin(const IntegrationAttemptPtr& attempt) override {
    const engine::TaskRequest& task = attempt->request;
    auto url = HttpUrl::parse(parts_.settings.route(route_name(task.resource))->plugin);
    if (!url) return attempt->fail("Perdure.PluginException", url.error().cause);
    OutgoingRequest request;
    request.method = "POST";
    request.url = *url;
    request.headers.add("Content-Type", "application/json");
    request.body = task_json(task);
    const int64_t wait_s = task.timeout_seconds > 0 ? task.timeout_seconds : default_timeout_s;
    request.timeout_ms = int(std::min(wait_s, max_timeout_s) * 1000);
    send(attempt, std::move(request), [this, attempt, url = *url](const auto& response) {
      if (!response) return attempt->answer(broken(response.error()));
      answered(attempt, url, *response);
    });
  }

  void follow(const IntegrationAttemptPtr& attempt) override {
    const auto url =
        HttpUrl::parse(parts_.settings.route(route_name(attempt->request.resource))->plugin);
    const auto body = parse_json(attempt->request.submitted.text());
    const auto poll = url && body ? poll_url(*url, *body) : std::nullopt;
    if (!poll) return attempt->answer(lost(*attempt));
    poll_later(attempt, *poll, 0);
  }

  engine::answer::Failed lost(const IntegrationAttempt&) const override {
    return {"Perdure.PluginException", lost_cause};
  }

 private:
  using Done = std::function<void(const Result<HttpResponse>&)>;

  static engine::answer::Failed broken(const Error& error) {
    return {"Perdure.PluginException", "The plugin could not be reached: " + error.cause};
  }

  void send(const IntegrationAttemptPtr& attempt, OutgoingRequest request, Done done) {
    // What is larger than a result may be is told by the execution.
    request.max_body_bytes = uint64_t(parts_.max_payload_bytes) * 8;
    attempt->on_cancel(parts_.http.send(
        std::move(request), [this, attempt, done = std::move(done)](Result<HttpResponse> response) {
          parts_.runner.post([attempt, done, response = std::move(response)] {
            attempt->work([&] { done(response); });
          });
        }));
  }

  void answered(const IntegrationAttemptPtr& attempt, const HttpUrl& url,
                const HttpResponse& response) {
    if (response.status / 100 != 2) return attempt->answer(failure_of(response));
    const auto output = compact(response.body);
    if (!output) {
      return attempt->fail("Perdure.PluginException", "The plugin's answer is no JSON");
    }
    if (attempt->request.resource.pattern != asl::TaskPattern::sync) {
      return attempt->succeed(*output);
    }
    if (response.status != accepted) {  // it ended at once
      attempt->succeed(*output);
      return attempt->complete(*output);
    }
    const auto body = parse_json(*output);
    const auto poll = body ? poll_url(url, *body) : std::nullopt;
    if (!poll) {
      return attempt->fail("Perdure.PluginException",
                           "The plugin took the job without a URL to ask for it (poll)");
    }
    attempt->succeed(*output);
    poll_later(attempt, *poll, 0);
  }

  // A path alone is the plugin's own.
  static std::optional<HttpUrl> poll_url(const HttpUrl& plugin, const Json& body) {
    const std::string text =
        body.is_object() ? body.value("poll", Json("")).is_string() ? body.value("poll", "") : ""
                         : "";
    const std::string origin = (plugin.secure ? "https://" : "http://") + plugin.authority();
    const auto url = HttpUrl::parse(text.starts_with('/') ? origin + text : text);
    // Elsewhere than the plugin that the operator has named it does not lead.
    const bool own = url && url->host == plugin.host && url->port == plugin.port;
    return own ? std::optional(*url) : std::nullopt;
  }

  void poll_later(const IntegrationAttemptPtr& attempt, const HttpUrl& url, int failures) {
    parts_.runner.run_at(
        parts_.clock.now_ms() + parts_.settings.poll_ms,
        [this, attempt, url, failures] { attempt->work([&] { poll(attempt, url, failures); }); });
  }

  void poll(const IntegrationAttemptPtr& attempt, const HttpUrl& url, int failures) {
    OutgoingRequest request;
    request.url = url;
    request.timeout_ms = poll_timeout_ms;
    send(attempt, std::move(request), [this, attempt, url, failures](const auto& response) {
      if (!response) {
        if (failures + 1 < max_failed_polls) return poll_later(attempt, url, failures + 1);
        return attempt->answer(broken(response.error()));
      }
      if (response->status == accepted) return poll_later(attempt, url, 0);
      if (response->status / 100 != 2) return attempt->answer(failure_of(*response));
      const auto output = compact(response->body);
      if (output) return attempt->complete(*output);
      attempt->fail("Perdure.PluginException", "The plugin's answer is no JSON");
    });
  }

  const ForwardParts parts_;
  const bool instead_;
};

}  // namespace

std::unique_ptr<Integration> make_plugin_task(ForwardParts parts, bool instead) {
  return std::make_unique<PluginTask>(std::move(parts), instead);
}

}  // namespace perdure::executors
