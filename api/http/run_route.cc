#include "api/http/run_route.h"

#include <utility>

#include "api/http/answers.h"
#include "api/states/names.h"
#include "base/time.h"

namespace perdure::api {

namespace {

HttpResponse started_response(const engine::Started& started) {
  HttpResponse response = json_response(
      202, {{"executionArn", started.execution_arn}, {"startDate", iso8601_ms(started.start_ms)}});
  add_header(response, "Location", "/executions/" + started.execution_arn);
  add_header(response, "X-Perdure-Execution", started.execution_arn);
  return response;
}

HttpResponse closed_response(const engine::Closed& closed) {
  HttpResponse response;
  if (closed.status == asl::ExecutionStatus::succeeded) {
    response = json_text_response(200, std::string(closed.output.text()));
  } else {
    Json body = {{"executionArn", closed.execution_arn},
                 {"status", asl::status_name(closed.status)}};
    if (closed.error) body["error"] = *closed.error;
    if (closed.cause) body["cause"] = *closed.cause;
    const bool late = closed.status == asl::ExecutionStatus::timed_out;
    response = json_response(late ? 504 : 500, body);
  }
  add_header(response, "X-Perdure-Execution", closed.execution_arn);
  return response;
}

engine::Callback<engine::Closed> answer_closed(Respond respond) {
  return [respond = std::move(respond)](Result<engine::Closed> closed) {
    respond(closed ? closed_response(*closed) : error_response(closed.error()));
  };
}

bool wants_wait(std::string_view query) {
  // No decoding on the fast path: "wait", "wait=...", alone or among others.
  for (std::string_view rest = query; !rest.empty();) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part == "wait" || (part.starts_with("wait=") && part != "wait=0" && part != "wait=false")) {
      return true;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

Result<std::string> execution_name(const HttpRequest& request) {
  if (request.query().find("name=") == std::string_view::npos) return std::string();
  const auto query = request.query_parameters();
  if (!query) return invalid("InvalidName", "The query is not well encoded");
  for (const auto& [key, value] : *query) {
    if (key != "name") continue;
    if (value.size() > 80) return invalid("InvalidName", "Invalid Name: '" + value + "'");
    PD_CHECK(check_name(value));
    return value;
  }
  return std::string();
}

}  // namespace

Result<engine::StartRequest> RunRoute::read(HttpRequest& request,
                                            const engine::Tenant& tenant) const {
  engine::StartRequest start;
  start.tenant = tenant;
  start.arrived_ms = request.arrived_ms;
  const auto machine = percent_decode(request.path().substr(std::string_view("/run/").size()));
  if (!machine || machine->empty()) return invalid("InvalidName", "POST /run/<state machine>");
  start.state_machine_arn =
      machine->starts_with("arn:") ? *machine : engine::state_machine_arn(start.tenant, *machine);
  PD_TRY(name, execution_name(request));
  start.name = std::move(name);
  if (!request.body.empty()) start.input = std::move(request.body);
  PD_CHECK(check_execution_input(start.input, max_input_bytes_));
  return start;
}

void RunRoute::handle(HttpRequest request, const Caller& caller, Respond respond) {
  if (request.method != "POST") {
    HttpResponse refused = error_response(invalid("MethodNotAllowed", "Use POST"));
    refused.status = 405;
    add_header(refused, "Allow", "POST");
    return respond(std::move(refused));
  }
  auto start = read(request, caller.tenant);
  if (!start) return respond(error_response(start.error()));
  if (wants_wait(request.query())) {
    return engine_.start_and_wait(std::move(*start), answer_closed(std::move(respond)));
  }
  engine_.start_execution(std::move(*start), [respond](Result<engine::Started> started) {
    respond(started ? started_response(*started) : error_response(started.error()));
  });
}

}  // namespace perdure::api
