// Start, start-and-wait, stop.

#include <utility>

#include "api/states/names.h"
#include "api/states/states.h"
#include "engine/catalog/publications.h"

namespace perdure::api {

namespace {

Result<engine::StartRequest> read_start(const Call& call, int64_t max_input_bytes) {
  const Input input = call.input();
  engine::StartRequest request;
  request.tenant = call.tenant;
  request.arrived_ms = call.arrived_ms;
  request.state_machine_arn = input.text("stateMachineArn");
  PD_CHECK(check_arn(request.state_machine_arn, "stateMachine"));
  PD_CHECK(refuse_labelled(request.state_machine_arn));
  request.name = input.text("name");
  PD_CHECK(check_name(request.name));
  if (auto given = input.maybe_text("input")) request.input = std::move(*given);
  PD_CHECK(check_execution_input(request.input, max_input_bytes));
  request.trace_header = input.text("traceHeader");
  return request;
}

void start(const StatesParts& parts, const Call& call, const Done& done) {
  auto request = read_start(call, parts.max_input_bytes);
  if (!request) return done(request.error());
  parts.engine.start_execution(std::move(*request), [done](Result<engine::Started> started) {
    if (!started) return done(started.error());
    done(Answer(
        {{"executionArn", started->execution_arn}, {"startDate", seconds(started->start_ms)}}));
  });
}

// Billed in steps of 100 ms and 64 MB, as AWS does.
Json billing(const engine::Closed& closed) {
  const int64_t spent_ms = std::max<int64_t>(closed.stop_ms - closed.start_ms, 1);
  return {{"billedMemoryUsedInMB", 64},
          {"billedDurationInMilliseconds", (spent_ms + 99) / 100 * 100}};
}

Json closed_json(const engine::Closed& closed, bool all_data) {
  Json json = {{"executionArn", closed.execution_arn},
               {"stateMachineArn", closed.state_machine_arn},
               {"name", closed.name},
               {"startDate", seconds(closed.start_ms)},
               {"stopDate", seconds(closed.stop_ms)},
               {"status", asl::status_name(closed.status)},
               {"inputDetails", {{"included", all_data}}},
               {"outputDetails", {{"included", all_data}}},
               {"billingDetails", billing(closed)}};
  if (all_data) json["input"] = closed.input.text();
  if (all_data && closed.output) json["output"] = closed.output.text();
  if (closed.error) json["error"] = *closed.error;
  if (closed.cause) json["cause"] = *closed.cause;
  return json;
}

Result<engine::StartRequest> read_sync_start(const StatesParts& parts, const Call& call) {
  PD_TRY(request, read_start(call, parts.max_input_bytes));
  const auto qualified = engine::parse_qualified(request.state_machine_arn);
  const auto machine = parts.engine.state_machines().find(qualified->machine_arn);
  if (!machine) return state_machine_does_not_exist(request.state_machine_arn);
  if (machine->type != asl::MachineType::express) return wrong_machine_type();
  return request;
}

void start_sync(const StatesParts& parts, const std::shared_ptr<const Call>& call,
                const Done& done) {
  auto request = read_sync_start(parts, *call);
  if (!request) return done(request.error());
  parts.engine.start_sync_execution(
      std::move(*request), [call, done](Result<engine::Closed> closed) {
        if (!closed) return done(closed.error());
        Json json = closed_json(*closed, call->input().text("includedData") != "METADATA_ONLY");
        if (call->input().has("traceHeader"))
          json["traceHeader"] = call->input().text("traceHeader");
        done(Answer(std::move(json)));
      });
}

void stop(engine::Engine& engine, const Call& call, const Done& done) {
  const Input input = call.input();
  std::string arn = input.text("executionArn");
  if (const auto checked = check_arn(arn, "execution"); !checked) return done(checked.error());
  engine.stop_execution(std::move(arn), input.maybe_text("error"), input.maybe_text("cause"),
                        [done](Result<int64_t> stopped_ms) {
                          if (!stopped_ms) return done(stopped_ms.error());
                          done(Answer(Json::object({{"stopDate", seconds(*stopped_ms)}})));
                        });
}

std::vector<Field> start_fields(int64_t max_input_bytes) {
  return {required("stateMachineArn", arn_shape()), optional("name", name_shape()),
          optional("input", text(0, max_input_bytes)),
          optional("traceHeader", text(0, 256, "\\p{ASCII}*"))};
}

}  // namespace

std::vector<Operation> start_operations(const StatesParts& parts) {
  std::vector<Field> sync_fields = start_fields(parts.max_input_bytes);
  sync_fields.push_back(optional("includedData", included_data_shape()));
  return {
      {"StartExecution", structure(start_fields(parts.max_input_bytes)),
       [parts](const auto& call, const Done& done) { start(parts, *call, done); }},
      {"StartSyncExecution", structure(std::move(sync_fields)),
       [parts](const auto& call, const Done& done) { start_sync(parts, call, done); }},
      {"StopExecution",
       structure({required("executionArn", arn_shape()), optional("error", text(0, 256)),
                  optional("cause", text(0, 32'768))}),
       [&engine = parts.engine](const auto& call, const Done& done) { stop(engine, *call, done); }},
  };
}

}  // namespace perdure::api
