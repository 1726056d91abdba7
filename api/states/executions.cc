// Describe and list executions, read their histories.

#include <charconv>
#include <utility>

#include "api/states/execution_json.h"
#include "api/states/history_json.h"
#include "api/states/names.h"
#include "api/states/paging.h"
#include "api/states/settings.h"
#include "api/states/states.h"
#include "engine/catalog/publications.h"

namespace perdure::api {

namespace {

using engine::ExecutionRecord;
using engine::ExecutionView;

Json view_json(const ExecutionView& view, bool all_data) {
  Json json;
  show_view(view, Moments::seconds, json);
  if (all_data) json["input"] = view.input.text();
  json["inputDetails"] = {{"included", all_data}};
  if (view.output) {
    if (all_data) json["output"] = view.output.text();
    json["outputDetails"] = {{"included", all_data}};
  }
  return json;
}

bool wants_all(const Call& call) { return call.input().text("includedData") != "METADATA_ONLY"; }

Result<ExecutionView> find_execution(engine::Engine& engine, const std::string& arn) {
  PD_CHECK(check_arn(arn, "execution"));
  return engine.describe_execution(arn);
}

Result<Answer> describe(engine::Engine& engine, const Call& call) {
  PD_TRY(view, find_execution(engine, call.input().text("executionArn")));
  return Answer(view_json(view, wants_all(call)));
}

// What a version had of its own, or the machine has today.
struct Revision {
  Json settings = Json::object();
  std::string id;
};
Revision revision_of(const ExecutionView& view, const std::string& definition_hash,
                     const engine::StateMachineRecord* machine) {
  if (!machine) return {};
  const auto qualified = engine::parse_qualified(view.identity.version_arn);
  const auto number = qualified ? engine::version_number(qualified->qualifier) : std::nullopt;
  const auto* version =
      number && machine->published ? machine->published->version(*number) : nullptr;
  if (version != nullptr) return {version->settings, version->revision_id};
  const bool same = machine->definition_hash == definition_hash;
  return {machine->settings, same ? machine->revision_id : std::string()};
}

// The definition is the one that the execution has pinned; the settings are its version's, or
// today's.
Result<Answer> describe_machine(engine::Engine& engine, const Call& call) {
  PD_TRY(view, find_execution(engine, call.input().text("executionArn")));
  PD_TRY(hash, engine.definition_hash(view.identity.arn));
  PD_TRY(definition, engine.definition_text(hash));
  const auto machine = engine.state_machines().find(view.identity.machine_arn);
  Json json = {{"stateMachineArn", view.identity.machine_arn},
               {"name", view.identity.machine_name},
               {"definition", wants_all(call) ? std::move(definition) : "{}"},
               {"roleArn", view.identity.role_arn},
               {"updateDate", seconds(machine ? machine->updated_ms : view.record.start_ms)}};
  if (const std::string& run = view.record.map_run_arn; !run.empty()) {
    json["mapRunArn"] = run;
    const std::string& name = view.identity.machine_name;
    json["label"] = name.substr(name.find('/') + 1);
  }
  const Revision revision = revision_of(view, hash, machine.get());
  if (!revision.id.empty()) json["revisionId"] = revision.id;
  show_settings(revision.settings, json);
  const auto ran = engine.state_machines().parsed(hash);
  if (wants_all(call)) show_variable_references(ran.get(), json);
  return Answer(std::move(json));
}

Result<engine::ExecutionFilter> read_filter(engine::Engine& engine, const Call& call) {
  const Input input = call.input();
  if (input.has("stateMachineArn") == input.has("mapRunArn")) {
    return invalid("ValidationException",
                   "Must provide either a state machine ARN or a map run ARN");
  }
  engine::ExecutionFilter filter;
  filter.status = input.text("statusFilter");
  if (input.has("redriveFilter")) filter.redriven = input.text("redriveFilter") == "REDRIVEN";
  if (input.has("mapRunArn")) {
    filter.map_run_arn = input.text("mapRunArn");
    PD_TRY(arn, check_arn(filter.map_run_arn, "mapRun"));
    PD_CHECK(engine.describe_map_run(filter.map_run_arn));
    filter.tenant = {arn.account, arn.region};
    return filter;
  }
  filter.tenant = call.tenant;
  filter.machine_arn = input.text("stateMachineArn");
  PD_TRY(arn, check_arn(filter.machine_arn, "stateMachine"));
  filter.tenant = {arn.account, arn.region};
  const auto qualified = engine::parse_qualified(filter.machine_arn);
  const auto machine = engine.state_machines().find(qualified->machine_arn);
  if (!machine) return state_machine_does_not_exist(filter.machine_arn);
  if (machine->type == asl::MachineType::express) return wrong_machine_type();
  if (filter.status == "PENDING_REDRIVE") {
    return invalid("ValidationException", "PENDING_REDRIVE is a status of a map run's executions");
  }
  return filter;
}

Result<Answer> list(engine::Engine& engine, const Call& call) {
  PD_TRY(filter, read_filter(engine, call));
  const Input input = call.input();
  PD_TRY(paging, read_paging(call, "ListExecutions " + filter.machine_arn + filter.map_run_arn +
                                       " " + filter.status + " " + input.text("redriveFilter")));
  engine::ExecutionPosition after;
  if (!paging.after.empty()) after = read_position(paging.after);
  PD_TRY(records, engine.list_executions(filter, after, paging.size + 1));
  const bool more = int64_t(records.size()) > paging.size;
  if (more) records.pop_back();
  Answer answer(Json::object({{"executions", Json::array()}}));
  for (const ExecutionRecord& record : records) {
    Json item;
    show_record(record, Moments::seconds, item);
    if (!filter.map_run_arn.empty()) {
      PD_TRY(items, engine.item_count(record.arn));
      item["itemCount"] = items;
    }
    answer.json["executions"].push_back(std::move(item));
  }
  if (more) answer.json["nextToken"] = next_token(paging, position_text(records.back()));
  return answer;
}

Result<Answer> history(engine::Engine& engine, const Call& call) {
  const Input input = call.input();
  const std::string arn = input.text("executionArn");
  PD_CHECK(check_arn(arn, "execution"));
  const bool reverse = input.flag("reverseOrder");
  const std::string question = "GetExecutionHistory " + arn + (reverse ? " reverse" : "");
  PD_TRY(paging, read_paging(call, question));
  int64_t after = 0;
  std::from_chars(paging.after.data(), paging.after.data() + paging.after.size(), after);
  PD_TRY(page, engine.history(arn, after, reverse, paging.size));
  Json events = Json::array();
  const bool data = input.flag("includeExecutionData", true);
  for (const asl::Entry& entry : page.events) events.push_back(history_event_json(entry, data));
  Answer answer(Json::object({{"events", std::move(events)}}));
  if (page.more && !page.events.empty()) {
    answer.json["nextToken"] = next_token(paging, std::to_string(page.events.back().id));
  }
  return answer;
}

// A second call with the same token within minutes is the same redrive.
void redrive(engine::Engine& engine, const Call& call, const Done& done) {
  engine::RedriveRequest request;
  request.execution_arn = call.input().text("executionArn");
  request.client_token = call.input().text("clientToken");
  const auto checked = check_arn(request.execution_arn, "execution");
  if (!checked) return done(checked.error());
  engine.redrive_execution(std::move(request), [done](Result<int64_t> moment_ms) {
    if (!moment_ms) return done(moment_ms.error());
    done(Answer(Json::object({{"redriveDate", seconds(*moment_ms)}})));
  });
}

// In the order in which AWS names them.
Shape status_shape() {
  return one_of({"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"});
}

}  // namespace

std::vector<Operation> execution_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      {"DescribeExecution",
       structure({required("executionArn", arn_shape()),
                  optional("includedData", included_data_shape())}),
       at_once([&engine](const Call& call) { return describe(engine, call); })},
      {"DescribeStateMachineForExecution",
       structure({required("executionArn", arn_shape()),
                  optional("includedData", included_data_shape())}),
       at_once([&engine](const Call& call) { return describe_machine(engine, call); })},
      {"RedriveExecution",
       structure(
           {required("executionArn", arn_shape()), optional("clientToken", text(1, 64, "[!-~]+"))}),
       [&engine](const auto& call, const Done& done) { redrive(engine, *call, done); }},
      {"ListExecutions",
       structure({optional("stateMachineArn", arn_shape()),
                  optional("statusFilter", status_shape()),
                  optional("maxResults", page_size_shape()), optional("nextToken", text(1, 3096)),
                  optional("mapRunArn", text(1, 2000)),
                  optional("redriveFilter", one_of({"REDRIVEN", "NOT_REDRIVEN"}))}),
       at_once([&engine](const Call& call) { return list(engine, call); })},
      {"GetExecutionHistory",
       structure({required("executionArn", arn_shape()), optional("maxResults", page_size_shape()),
                  optional("reverseOrder", flag()), optional("nextToken", text(1, 1024)),
                  optional("includeExecutionData", flag())}),
       at_once([&engine](const Call& call) { return history(engine, call); })},
  };
}

}  // namespace perdure::api
