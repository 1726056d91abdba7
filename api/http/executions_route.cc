#include "api/http/executions_route.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/aws/access.h"
#include "api/http/answers.h"
#include "api/states/execution_json.h"
#include "api/states/history_json.h"
#include "api/states/names.h"
#include "base/time.h"
#include "engine/access.h"
#include "executors/functions/metering.h"

namespace perdure::api {

namespace {

constexpr std::string_view root = "/executions";
constexpr std::string_view redrive_suffix = "/redrive";
constexpr int64_t max_page = 1000;

std::string parameter(const RequestHead& request, std::string_view name) {
  const auto query = request.query_parameters();
  if (!query) return {};
  for (const auto& [key, value] : *query) {
    if (key == name) return value;
  }
  return {};
}

Result<int64_t> number_parameter(const HttpRequest& request, std::string_view name,
                                 int64_t otherwise) {
  const std::string text = parameter(request, name);
  if (text.empty()) return otherwise;
  int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 0) {
    return invalid("InvalidParameter", "`" + std::string(name) + "` must be a number");
  }
  return number;
}

Result<int64_t> limit_of(const HttpRequest& request) {
  PD_TRY(limit, number_parameter(request, "limit", 100));
  return std::clamp<int64_t>(limit, 1, max_page);
}

// None is any.
bool is_status(std::string_view status) {
  static constexpr std::string_view all[] = {"",       "RUNNING",   "SUCCEEDED",
                                             "FAILED", "TIMED_OUT", "ABORTED"};
  return std::find(std::begin(all), std::end(all), status) != std::end(all);
}

bool wants_quarantined(const RequestHead& request) {
  return parameter(request, "quarantined") == "true";
}

// Adds a member whose value is JSON text already.
void splice(std::string& object, std::string_view name, std::string_view json_text) {
  object.pop_back();
  object += ",\"";
  object += name;
  object += "\":";
  object += json_text;
  object += '}';
}

std::string_view below_root(const HttpRequest& request) {
  std::string_view path = request.path().substr(root.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

bool newer(const engine::ExecutionRecord& a, const engine::ExecutionRecord& b) {
  return a.start_ms != b.start_ms ? a.start_ms > b.start_ms : a.key < b.key;
}

}  // namespace

// Those of all accounts.
bool ExecutionsRoute::closed_to_functions(const RequestHead& head) const {
  return wants_quarantined(head);
}

bool ExecutionsRoute::serves(std::string_view path) const {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

void ExecutionsRoute::handle(HttpRequest request, const Caller& caller, Respond respond) {
  const bool redrives = below_root(request).ends_with(redrive_suffix);
  if (request.method != (redrives ? "POST" : "GET")) {
    const std::string allowed = redrives ? "POST" : "GET";
    HttpResponse refused = error_response(invalid("MethodNotAllowed", "Use " + allowed));
    refused.status = 405;
    add_header(refused, "Allow", allowed);
    return respond(std::move(refused));
  }
  if (redrives) return redrive(request, caller, std::move(respond));
  auto response = answer(request, caller);
  respond(response ? std::move(*response) : error_response(response.error()));
}

Result<HttpResponse> ExecutionsRoute::answer(const HttpRequest& request, const Caller& caller) {
  std::string_view path = below_root(request);
  if (path.empty()) return list(request, caller.tenant);
  constexpr std::string_view suffix = "/history";
  const bool wants_history = path.ends_with(suffix);
  if (wants_history) path.remove_suffix(suffix.size());
  PD_TRY(arn, arn_of(path, caller,
                     wants_history ? "states:GetExecutionHistory" : "states:DescribeExecution"));
  return wants_history ? history(arn, request) : show(arn);
}

Result<std::string> ExecutionsRoute::arn_of(std::string_view path, const Caller& caller,
                                            std::string_view action) {
  const engine::Tenant& tenant = caller.tenant;
  const auto decoded = percent_decode(path);
  if (!decoded) return invalid("InvalidName", "The path is not well encoded");
  const std::string& id = *decoded;
  if (id.starts_with("arn:")) {
    PD_CHECK(check_arn(id, "execution"));
    PD_CHECK(engine::check_own(tenant, principal_of(caller), action, id));
    return id;
  }
  for (const engine::StateMachineRecord& machine : engine_.state_machines().list(tenant)) {
    std::string arn = engine::execution_arn(tenant, machine.name, id);
    if (engine_.describe_execution(arn)) return arn;
  }
  return execution_does_not_exist(id);
}

Result<HttpResponse> ExecutionsRoute::show(const std::string& arn) {
  PD_TRY(view, engine_.describe_execution(arn));
  Json json;
  show_view(view, Moments::iso8601, json);
  PD_TRY(metered, metering(arn));
  if (!metered.is_null()) json["functions"] = std::move(metered);
  std::string body = dump_json(json);
  if (view.input) splice(body, "input", view.input.text());
  if (view.output) splice(body, "output", view.output.text());
  return json_text_response(200, std::move(body));
}

Result<Json> ExecutionsRoute::metering(const std::string& arn) const {
  if (!logs_) return Json();
  const engine::Arn parts = engine::parse_arn(arn);
  return executors::read_metering(*logs_, {parts.account, parts.region}, engine::actor_key(arn));
}

Result<HttpResponse> ExecutionsRoute::history(const std::string& arn, const HttpRequest& request) {
  PD_TRY(after, number_parameter(request, "after", 0));
  PD_TRY(limit, limit_of(request));
  PD_TRY(view, engine_.describe_execution(arn));
  PD_TRY(page, engine_.history(arn, after, false, limit));
  Json events = Json::array();
  for (const asl::Entry& entry : page.events) {
    events.push_back(history_event_json(entry, true));
    events.back()["timestamp"] = iso8601_ms(entry.timestamp_ms);
  }
  // The status is as of before the events were read: RUNNING may lag, an end never comes early.
  return json_response(200, {{"executionArn", arn},
                             {"status", view.record.status},
                             {"events", std::move(events)},
                             {"more", page.more}});
}

HttpResponse ExecutionsRoute::quarantined() {
  Json found = Json::array();
  for (const engine::Engine::Quarantined& one : engine_.quarantined()) {
    found.push_back({{"execution", one.arn_or_key}, {"reason", one.reason}});
  }
  return json_response(200, {{"quarantined", std::move(found)}});
}

Result<HttpResponse> ExecutionsRoute::list(const HttpRequest& request,
                                           const engine::Tenant& tenant) {
  if (wants_quarantined(request)) return quarantined();
  const std::string machine = parameter(request, "machine");
  const std::string status = parameter(request, "status");
  if (!is_status(status)) {
    return invalid("InvalidParameter",
                   "`status` must be RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED");
  }
  const std::string question =
      "executions " + tenant.account + " " + tenant.region + " " + machine + " " + status;
  engine::ExecutionPosition after;
  if (const std::string next = parameter(request, "next"); !next.empty()) {
    PD_TRY(position, read_page_token(question, next));
    after = read_position(position);
  }
  PD_TRY(most, limit_of(request));
  const auto limit = static_cast<size_t>(most);
  std::vector<engine::ExecutionRecord> all;
  for (const engine::StateMachineRecord& record : engine_.state_machines().list(tenant)) {
    if (!machine.empty() && record.name != machine && record.arn != machine) continue;
    PD_TRY(page, engine_.list_executions({tenant, record.arn, status}, after, limit + 1));
    std::move(page.begin(), page.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), &newer);
  Json executions = Json::array();
  for (size_t i = 0; i < std::min(limit, all.size()); ++i) {
    executions.emplace_back();
    show_record(all[i], Moments::iso8601, executions.back());
  }
  Json body = {{"executions", std::move(executions)}};
  if (all.size() > limit) body["next"] = make_page_token(question, position_text(all[limit - 1]));
  return json_response(200, body);
}

}  // namespace perdure::api
