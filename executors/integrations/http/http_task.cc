#include "executors/integrations/http/http_task.h"

#include <algorithm>
#include <utility>

#include "engine/access.h"
#include "engine/http_trace.h"
#include "executors/integrations/http/http_call.h"

namespace perdure::executors {
namespace {

constexpr int request_timeout_ms = 60'000;  // AWS's, not to be changed by TimeoutSeconds
constexpr const char* hidden = "<SECRET>";

engine::answer::Failed failed(const Error& error) { return {error.name, error.cause}; }

engine::answer::Failed connection_error(const char* name, std::string cause) {
  return {std::string("Events.ConnectionResource.") + name, std::move(cause)};
}

bool asks_for_new_token(const HttpResponse& response, const Connection& connection) {
  return connection.authorization == "OAUTH_CLIENT_CREDENTIALS" &&
         (response.status == 401 || response.status == 407);
}

// What the connection gives is hidden from those who may not see it.
void trace_request(engine::HttpTrace& trace, const OutgoingRequest& request,
                   const std::string& secret_header, const ConnectionParameters& added) {
  trace.protocol = request.url.secure ? "https" : "http";
  trace.method = request.method;
  trace.url = request.url.text();
  trace.request_body = request.body;
  const auto is_added = [&](const std::string& name) {
    return equals_ignoring_case(name, secret_header) ||
           std::any_of(added.headers.begin(), added.headers.end(),
                       [&](auto& one) { return equals_ignoring_case(one.first, name); });
  };
  trace.request_headers.clear();
  for (const auto& [name, value] : request.headers) {
    const bool hide = !trace.reveal_secrets && is_added(name);
    trace.request_headers.emplace_back(name, hide ? hidden : value);
  }
  if (trace.reveal_secrets) return;
  if (!added.query.empty()) {
    std::string query;
    for (const auto& [name, value] : parse_query(request.url.query).value_or(QueryParameters())) {
      const bool hide = std::any_of(added.query.begin(), added.query.end(),
                                    [&, &name = name](auto& one) { return one.first == name; });
      query += (query.empty() ? "" : "&") + percent_encode(name) + "=" +
               (hide ? hidden : percent_encode(value));
    }
    HttpUrl shown = request.url;
    shown.query = query;
    trace.url = shown.text();
  }
  if (!added.body.empty()) trace.request_body = hidden;
}

void trace_response(engine::HttpTrace& trace, const HttpResponse& response) {
  trace.status = response.status;
  trace.status_message = reason_phrase(response.status);
  trace.response_headers.assign(response.headers.begin(), response.headers.end());
  trace.response_body = response.body;
}

class HttpTask final : public Integration {
 public:
  explicit HttpTask(HttpTaskParts parts) : parts_(std::move(parts)) {}

  bool serves(const asl::TaskResource& resource) const override {
    return resource.service == "http" && resource.action == "invoke";
  }

  void begin(const IntegrationAttemptPtr& attempt) override {
    asl::Arena arena;
    const auto parameters = asl::parse_json(attempt->request.parameters.text(), arena);
    if (!parameters) return attempt->answer(failed(parameters.error()));
    auto call = HttpCall::read(*parameters);
    if (!call) return attempt->answer(failed(call.error()));
    std::optional<Connection> connection;
    if (!call->connection_arn.empty()) {
      connection = own_connection(*attempt, call->connection_arn);
      if (!connection) return;
    }
    const Json* added = connection ? &connection->part("InvocationHttpParameters") : nullptr;
    auto request = outgoing_request(std::move(*call), added, attempt->request.tenant.region, arena);
    if (!request) return attempt->answer(failed(request.error()));
    request->timeout_ms = request_timeout_ms;
    request->max_body_bytes = uint64_t(parts_.max_payload_bytes);
    request->addresses = parts_.addresses;
    if (!connection) return send(attempt, std::move(*request), nullptr, "");
    authorize(attempt, std::move(*request), std::make_shared<Connection>(std::move(*connection)),
              false);
  }

  engine::answer::Failed lost(const IntegrationAttempt&) const override {
    return {"States.Http.Socket", lost_cause};
  }

 private:
  using ConnectionPtr = std::shared_ptr<const Connection>;

  std::optional<Connection> own_connection(IntegrationAttempt& attempt, const std::string& arn) {
    const engine::Tenant& tenant = attempt.request.tenant;
    const auto own = engine::check_own(tenant, engine::account_principal(tenant),
                                       "events:RetrieveConnectionCredentials", arn);
    if (!own) {
      attempt.answer(connection_error("AccessDenied", own.error().cause));
      return std::nullopt;
    }
    auto connection = parts_.connections.find_by_arn(arn);
    if (!connection) {
      attempt.answer(
          connection_error("ResourceNotFound", "Connection '" + arn + "' does not exist."));
    }
    return connection;
  }

  void authorize(const IntegrationAttemptPtr& attempt, OutgoingRequest request,
                 ConnectionPtr connection, bool again) {
    parts_.authorization.header(
        *connection, [this, attempt, request = std::move(request), connection,
                      again](const Result<std::pair<std::string, std::string>>& header) mutable {
          if (!attempt->wanted()) return;
          if (!header) return attempt->answer(unauthorized(header.error()));
          request.headers.set(header->first, header->second);
          send(attempt, std::move(request), again ? nullptr : connection, header->first,
               connection.get());
        });
  }

  static engine::answer::Failed unauthorized(const Error& error) {
    if (error.kind == ErrorKind::denied && error.name == "InvalidConnectionState") {
      return connection_error("InvalidConnectionState", error.cause);
    }
    return failed(http_failure(error));
  }

  // `renew` is the connection whose token may be fetched anew once; null: it is not.
  void send(const IntegrationAttemptPtr& attempt, OutgoingRequest request, ConnectionPtr renew,
            const std::string& secret_header, const Connection* connection = nullptr) {
    if (engine::HttpTrace* trace = attempt->request.trace.get()) {
      const ConnectionParameters added =
          connection ? ConnectionParameters::read(connection->part("InvocationHttpParameters"))
                     : ConnectionParameters();
      trace_request(*trace, request, secret_header, added);
    }
    OutgoingRequest copy = renew ? request : OutgoingRequest();
    auto cancel = parts_.http.send(
        std::move(request), [this, attempt, renew = std::move(renew),
                             copy = std::move(copy)](Result<HttpResponse> response) mutable {
          parts_.runner.post([this, attempt, renew = std::move(renew), copy = std::move(copy),
                              response = std::move(response)]() mutable {
            attempt->work([&] { answered(attempt, response, renew, std::move(copy)); });
          });
        });
    attempt->on_cancel(std::move(cancel));
  }

  void answered(const IntegrationAttemptPtr& attempt, const Result<HttpResponse>& response,
                const ConnectionPtr& renew, OutgoingRequest again) {
    if (!response) return attempt->answer(failed(http_failure(response.error())));
    if (renew && asks_for_new_token(*response, *renew)) {
      parts_.authorization.forget(*renew);
      return authorize(attempt, std::move(again), renew, true);
    }
    if (attempt->request.trace) trace_response(*attempt->request.trace, *response);
    auto result = http_result(*response);
    if (!result) return attempt->answer(failed(result.error()));
    attempt->succeed(std::move(*result));
  }

  const HttpTaskParts parts_;
};

}  // namespace

std::unique_ptr<Integration> make_http_task(HttpTaskParts parts) {
  return std::make_unique<HttpTask>(std::move(parts));
}

}  // namespace perdure::executors
