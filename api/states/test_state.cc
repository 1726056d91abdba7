// TestState: one state with a given input, with or without what its task would have answered.

#include "asl/test_state/test_state.h"

#include <utility>

#include "api/states/names.h"
#include "api/states/states.h"
#include "base/hash.h"

namespace perdure::api {

namespace {

using asl::DataStage;
using asl::StateTest;
using asl::TestOutcome;

Error refused(std::string text) { return invalid("ValidationException", std::move(text)); }

const Json& member(const Input& input, const char* name) {
  static const Json none = Json::object();
  const Json* found = input.find(name);
  return found != nullptr ? *found : none;
}

const char* type_of(const asl::State& state) {
  static constexpr const char* names[] = {"Pass",    "Task", "Choice",   "Wait",
                                          "Succeed", "Fail", "Parallel", "Map"};
  return names[state.kind.index()];
}

const asl::MapState* map_of(const asl::State& state) {
  return std::get_if<asl::MapState>(&state.kind);
}
const asl::TaskState* task_of(const asl::State& state) {
  return std::get_if<asl::TaskState>(&state.kind);
}

Result<> check_mock(const asl::State& state, const Input& input, const Input& mock) {
  const bool mocked = mock.has("result") || mock.has("errorOutput");
  const bool container =
      map_of(state) != nullptr || std::holds_alternative<asl::ParallelState>(state.kind);
  if (mock.has("result") && mock.has("errorOutput")) {
    return refused(
        "A test mock should have only one of the following fields: [result, errorOutput].");
  }
  if (mocked && input.flag("revealSecrets")) {
    return refused("TestState does not support RevealSecrets when a mock is specified.");
  }
  if (mocked && !container && task_of(state) == nullptr) {
    return refused(std::string("State type '") + type_of(state) +
                   "' is not supported when a mock is specified");
  }
  const Input configuration(member(input, "stateConfiguration"));
  if (!mocked && configuration.has("mapIterationFailureCount")) {
    return refused(
        "TestState does not support MapIterationFailureCount when a mock is not specified.");
  }
  if (!mocked && container) {
    return invalid("InvalidDefinition",
                   "TestState API does not support Map or Parallel states. Supported state types "
                   "include: [Task, Wait, Pass, Succeed, Fail, Choice]");
  }
  return {};
}

// Of a Map that writes its results away the result is a description, of all else that has children
// an array.
Result<> check_mock_result(const asl::State& state, const Json& definition, const Input& input,
                           const Input& mock) {
  const auto text = mock.maybe_text("result");
  if (!text) return {};
  const auto result = parse_json(*text);
  if (!result) return refused("Mocked result must be valid JSON");
  const bool map = map_of(state) != nullptr;
  if (map && definition.is_object() && definition.contains("ResultWriter")) {
    if (!result->is_object()) return refused("Mocked result must be a JSON object.");
    return {};
  }
  if ((map || std::holds_alternative<asl::ParallelState>(state.kind)) && !result->is_array()) {
    return refused("Mocked result must be an array.");
  }
  const Input configuration(member(input, "stateConfiguration"));
  if (map && configuration.integer("mapIterationFailureCount") > int64_t(result->size())) {
    return refused(
        "Map iteration failure count must be less than or equal to the number of Map iterations");
  }
  return {};
}

Result<> check_context(const asl::State& state, const Input& input) {
  const auto wrong = [](const std::string& why) {
    return refused("Invalid Context object provided: " + why);
  };
  const auto text = input.maybe_text("context");
  if (!text) return {};
  const auto context = parse_json(*text);
  if (!context || !context->is_object()) return wrong("Context object must be a JSON object");
  if (context->contains("Map")) {
    return wrong("'Map' field is not supported when mocking a Context object");
  }
  for (const auto& [part, name] : {std::pair("Execution", "Id"),
                                   {"Execution", "Name"},
                                   {"Execution", "RoleArn"},
                                   {"Execution", "StartTime"},
                                   {"State", "EnteredTime"},
                                   {"State", "Name"},
                                   {"StateMachine", "Id"},
                                   {"StateMachine", "Name"},
                                   {"Task", "Token"}}) {
    const auto found = context->find(part);
    if (found == context->end() || !found->is_object() || !found->contains(name)) continue;
    if (!found->at(name).is_string()) {
      return wrong(std::string(part) + "." + name + " must be a string");
    }
  }
  const asl::TaskState* task = task_of(state);
  const bool waits =
      task != nullptr && task->resource.pattern != asl::TaskPattern::request_response;
  if (context->contains("Task") && !waits) {
    return wrong(
        "Context object contains 'Task' when state is not a Task state with a '.sync' or "
        "'.waitForTaskToken' service integration pattern");
  }
  return {};
}

// Whether so many failed iterations are more than the Map says it can bear.
bool exceeds_tolerated(const asl::State& state, const Input& configuration) {
  const asl::MapState* map = map_of(state);
  if (map == nullptr || !map->tolerated_failure_count.seconds) return false;
  return configuration.integer("mapIterationFailureCount") > *map->tolerated_failure_count.seconds;
}

void show_map(const asl::MapState& map, Json& data) {
  data["maxConcurrency"] = map.max_concurrency;
  if (map.tolerated_failure_count.seconds) {
    data["toleratedFailureCount"] = *map.tolerated_failure_count.seconds;
  }
  if (map.tolerated_failure_percentage.percent) {
    data["toleratedFailurePercentage"] = *map.tolerated_failure_percentage.percent;
  }
}

// Recorded: what a state type has no field for is not shown, and a Pass with a Result shows nothing
// of its way in.
bool is_shown(const asl::State& state, DataStage stage) {
  const bool container =
      map_of(state) != nullptr || std::holds_alternative<asl::ParallelState>(state.kind);
  if (container && stage == DataStage::result) return false;
  if (stage != DataStage::after_input_path && stage != DataStage::after_parameters) return true;
  if (const auto* pass = std::get_if<asl::PassState>(&state.kind)) return !pass->result;
  return !std::holds_alternative<asl::ParallelState>(state.kind);
}

Json inspection(const StateTest& test, const TestOutcome& outcome, const std::string& input) {
  static constexpr const char* names[] = {
      "afterInputPath",      "afterParameters", "afterItemsPath", "afterItemSelector", "result",
      "afterResultSelector", "afterResultPath", "variables",      "afterArguments"};
  Json data = Json::object({{"input", input}});
  for (const auto& [stage, payload] : test.stages()) {
    if (is_shown(test.state(), stage)) data[names[size_t(stage)]] = payload.text();
  }
  const bool started = test.stages().contains(DataStage::after_items_path);
  if (const asl::MapState* map = map_of(test.state()); map != nullptr && started) {
    show_map(*map, data);
  }
  if (outcome.catch_index) data["errorDetails"] = {{"catchIndex", *outcome.catch_index}};
  if (outcome.retry_index) {
    data["errorDetails"] = {{"retryIndex", *outcome.retry_index},
                            {"retryBackoffIntervalSeconds", outcome.retry_delay_ms / 1000}};
  }
  return data;
}

const char* status_name(TestOutcome::Status status) {
  static constexpr const char* names[] = {"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"};
  return names[size_t(status)];
}

Answer shown(const StateTest& test, const Call& call) {
  const TestOutcome outcome = test.outcome();
  Json json = Json::object({{"status", status_name(outcome.status)}});
  if (outcome.output) json["output"] = outcome.output.text();
  if (!outcome.next.empty()) json["nextState"] = outcome.next;
  if (outcome.error) json["error"] = *outcome.error;
  if (outcome.cause) json["cause"] = *outcome.cause;
  const std::string level = call.input().text("inspectionLevel");
  if (level == "DEBUG" || level == "TRACE") {
    json["inspectionData"] =
        inspection(test, outcome, call.input().maybe_text("input").value_or("{}"));
  }
  return Answer(std::move(json));
}

// A name of its own for the state machine and the execution that there are not.
StateTest::Setting setting_of(const StatesParts& parts, const Call& call) {
  StateTest::Setting setting;
  const Input input = call.input();
  auto& identity = setting.identity;
  identity.name = call.request_id;
  identity.machine_name = hex(sha256(call.request_id)).substr(0, 32);
  identity.machine_arn = engine::state_machine_arn(call.tenant, identity.machine_name);
  identity.arn = "arn:aws:states:" + call.tenant.region + ":" + call.tenant.account +
                 ":express:" + identity.machine_name + ":" + identity.name;
  identity.role_arn = input.text("roleArn");
  identity.type = asl::MachineType::express;
  setting.input = asl::Payload(input.maybe_text("input").value_or("{}"));
  if (auto context = input.maybe_text("context")) setting.context = asl::Payload(*context);
  setting.now_ms = parts.clock.now_ms();
  setting.seed = std::hash<std::string>{}(call.request_id);
  return setting;
}

Result<std::shared_ptr<StateTest>> prepare(const StatesParts& parts, const Call& call) {
  const Input input = call.input();
  std::string variables = input.text("variables");
  if (!variables.empty()) {
    const auto parsed = parse_json(variables);
    if (!parsed || !parsed->is_object()) return refused("Variables must be a JSON object");
    if (parsed->empty()) variables.clear();
  }
  PD_TRY(machine,
         asl::machine_of_state(input.text("definition"), input.text("stateName"), variables));
  if (const auto text = input.maybe_text("input")) {
    PD_CHECK(check_execution_input(*text, parts.max_input_bytes));
  }
  auto test = std::make_shared<StateTest>(std::move(machine), setting_of(parts, call));
  const Input mock(member(input, "mock"));
  const auto definition = parse_json(input.text("definition"));
  PD_CHECK(check_mock(test->state(), input, mock));
  PD_CHECK(check_mock_result(test->state(), definition ? *definition : Json(), input, mock));
  PD_CHECK(check_context(test->state(), input));
  return test;
}

void give_mock(StateTest& test, const Call& call) {
  const Input mock(member(call.input(), "mock"));
  const Input configuration(member(call.input(), "stateConfiguration"));
  std::optional<std::string> error, cause;
  if (const Json* output = mock.find("errorOutput")) {
    error = Input(*output).maybe_text("error");
    cause = Input(*output).maybe_text("cause");
  } else if (!exceeds_tolerated(test.state(), configuration)) {
    return test.give_result(asl::Payload(mock.text("result")));
  } else {
    error = "States.ExceedToleratedFailureThreshold";
    cause = "The specified tolerated failure threshold was exceeded";
  }
  test.retry_before(error.value_or(""), configuration.integer("retrierRetryCount"));
  if (test.needs_result()) test.give_failure(std::move(error), std::move(cause));
}

engine::TaskRequest task_request(const StateTest& test, const Call& call) {
  const asl::TaskState& task = *task_of(test.state());
  engine::TaskRequest request;
  request.attempt.execution = engine::actor_key(call.request_id);
  request.attempt.scheduled = test.scheduled().id;
  request.tenant = call.tenant;
  request.state_name = test.state().name;
  request.resource = task.resource;
  const bool integration = task.resource.family == asl::TaskResource::Family::integration;
  request.parameters =
      test.scheduled().payload(integration ? asl::Field::parameters : asl::Field::input);
  return request;
}

void test_state(const StatesParts& parts, const std::shared_ptr<const Call>& call,
                const Done& done) {
  auto prepared = prepare(parts, *call);
  if (!prepared) return done(prepared.error());
  const std::shared_ptr<StateTest> test = std::move(*prepared);
  test->enter();
  if (!test->needs_result()) return done(shown(*test, *call));
  if (call->input().has("mock")) {
    give_mock(*test, *call);
    return done(shown(*test, *call));
  }
  const bool answers =
      task_of(test->state())->resource.pattern == asl::TaskPattern::request_response;
  if (!answers || !parts.try_task) {
    return done(invalid("InvalidDefinition",
                        "TestState API does not support this resource without a mock: " +
                            task_of(test->state())->resource.arn));
  }
  parts.try_task(task_request(*test, *call), [test, call, done](engine::TaskAnswer answer) {
    if (const auto* failed = std::get_if<engine::answer::Failed>(&answer)) {
      test->give_failure(failed->error, failed->cause);
    } else if (const auto* result = std::get_if<engine::answer::Succeeded>(&answer)) {
      test->give_result(result->output);
    }
    done(shown(*test, *call));
  });
}

Shape test_state_shape(int64_t max_bytes) {
  Shape error_output =
      structure({optional("error", text(0, 256)), optional("cause", text(0, 32'768))});
  Shape mock = structure({optional("result", text(0, max_bytes)),
                          optional("errorOutput", std::move(error_output)),
                          optional("fieldValidationMode", one_of({"STRICT", "PRESENT", "NONE"}))});
  Shape configuration = structure({optional("retrierRetryCount", integer(0)),
                                   optional("errorCausedByState", text(1, 80)),
                                   optional("mapIterationFailureCount", integer(0)),
                                   optional("mapItemReaderData", text(0, max_bytes))});
  return structure({required("definition", text(1, 1'048'576)), optional("roleArn", arn_shape()),
                    optional("input", text(0, max_bytes)),
                    optional("inspectionLevel", one_of({"INFO", "DEBUG", "TRACE"})),
                    optional("revealSecrets", flag()), optional("variables", text(0, max_bytes)),
                    optional("stateName", text(1, 80)), optional("mock", std::move(mock)),
                    optional("context", text(0, max_bytes)),
                    optional("stateConfiguration", std::move(configuration))});
}

}  // namespace

std::vector<Operation> test_state_operations(const StatesParts& parts) {
  return {{"TestState", test_state_shape(parts.max_input_bytes),
           [parts](const auto& call, const Done& done) { test_state(parts, call, done); }}};
}

}  // namespace perdure::api
