#include "api/states/test_state_checks.h"

#include <utility>

#include "api/states/mocks/response_models.h"

namespace perdure::api {
namespace {

Error refused(std::string text) { return invalid("ValidationException", std::move(text)); }

const char* type_of(const asl::State& state) {
  static constexpr const char* names[] = {"Pass",    "Task", "Choice",   "Wait",
                                          "Succeed", "Fail", "Parallel", "Map"};
  return names[state.kind.index()];
}

const asl::TaskState* task_of(const asl::State& state) {
  return std::get_if<asl::TaskState>(&state.kind);
}
const asl::MapState* map_of(const asl::State& state) {
  return std::get_if<asl::MapState>(&state.kind);
}
const asl::ParallelState* parallel_of(const asl::State& state) {
  return std::get_if<asl::ParallelState>(&state.kind);
}
bool is_container(const asl::State& state) {
  return map_of(state) != nullptr || parallel_of(state) != nullptr;
}

bool is_mocked(const Input& mock) { return mock.has("result") || mock.has("errorOutput"); }

Result<> check_mock(const asl::State& state, const Input& input, const Input& mock) {
  if (mock.has("result") && mock.has("errorOutput")) {
    return refused(
        "A test mock should have only one of the following fields: [result, errorOutput].");
  }
  if (!is_mocked(mock)) return {};
  if (input.flag("revealSecrets")) {
    return refused("TestState does not support RevealSecrets when a mock is specified.");
  }
  if (!is_container(state) && task_of(state) == nullptr) {
    return refused(std::string("State type '") + type_of(state) +
                   "' is not supported when a mock is specified");
  }
  return {};
}

// What only goes with a mock.
Result<> check_unmocked(const asl::State& state, const Input& input) {
  const auto needs_mock = [](const std::string& what) {
    return refused("TestState does not support " + what + " when a mock is not specified.");
  };
  const Input configuration(member(input, "stateConfiguration"));
  for (const auto& [field, name] :
       {std::pair("mapIterationFailureCount", "MapIterationFailureCount"),
        {"retrierRetryCount", "RetrierRetryCount"},
        {"errorCausedByState", "ErrorCausedByState"},
        {"mapItemReaderData", "MapItemReaderData"}}) {
    if (configuration.has(field)) return needs_mock(name);
  }
  if (input.has("context")) return needs_mock("Context");
  if (is_container(state)) {
    return invalid("InvalidDefinition",
                   "TestState API does not support Map or Parallel states. Supported state types "
                   "include: [Task, Wait, Pass, Succeed, Fail, Choice]");
  }
  const asl::TaskState* task = task_of(state);
  const bool answers =
      task == nullptr || (task->resource.family != asl::TaskResource::Family::activity &&
                          task->resource.pattern == asl::TaskPattern::request_response);
  if (answers) return {};
  return invalid(
      "InvalidDefinition",
      "TestState API does not support this resource without a mock: " + task->resource.arn);
}

MockValidation validation_of(const Input& mock) {
  const std::string mode = mock.text("fieldValidationMode");
  if (mode == "NONE") return MockValidation::none;
  return mode == "PRESENT" ? MockValidation::present : MockValidation::strict;
}

// Of a Map that writes its results away the result is a description, of all else that has children
// an array. A callback brings what it likes, a job and a call what the service's model says.
Result<> check_mock_result(const asl::TestedMachine& tested, const asl::State& state,
                           const Input& mock) {
  const auto text = mock.maybe_text("result");
  if (!text) return {};
  const auto result = parse_json(*text);
  if (!result) return refused("Mocked result must be valid JSON");
  if (map_of(state) != nullptr && tested.writes_results) {
    return result->is_object() ? Result<>() : refused("Mocked result must be a JSON object.");
  }
  if (is_container(state)) {
    return result->is_array() ? Result<>() : refused("Mocked result must be an array.");
  }
  const asl::TaskResource& resource = task_of(state)->resource;
  if (resource.family != asl::TaskResource::Family::integration ||
      resource.pattern == asl::TaskPattern::wait_for_task_token) {
    return {};
  }
  return check_mocked_response(resource.service + ":" + resource.action, *result,
                               validation_of(mock));
}

Error wrong_context(const std::string& why) {
  return refused("Invalid Context object provided: " + why);
}

struct ContextField {
  const char *part, *name;
  bool (Json::*is_right)() const noexcept;
  const char* expected;
};

Result<> check_context_field(const Json& context, const ContextField& field) {
  const auto part = context.find(field.part);
  if (part == context.end()) return {};
  if (!part->is_object()) return wrong_context(std::string(field.part) + " must be an object");
  const auto found = part->find(field.name);
  if (found == part->end() || ((*found).*field.is_right)()) return {};
  return wrong_context(std::string(field.part) + "." + field.name + " must be " + field.expected);
}

Result<> check_context(const asl::State& state, const Input& input) {
  const auto text = input.maybe_text("context");
  if (!text) return {};
  const auto context = parse_json(*text);
  if (!context || !context->is_object()) {
    return wrong_context("Context object must be a JSON object");
  }
  if (context->contains("Map")) {
    return wrong_context("'Map' field is not supported when mocking a Context object");
  }
  static constexpr auto text_type = &Json::is_string;
  static constexpr auto number_type = &Json::is_number;
  for (const ContextField& field : {ContextField{"Execution", "Id", text_type, "a string"},
                                    {"Execution", "Name", text_type, "a string"},
                                    {"Execution", "RoleArn", text_type, "a string"},
                                    {"Execution", "StartTime", text_type, "a string"},
                                    {"Execution", "RedriveCount", number_type, "a number"},
                                    {"Execution", "RedriveTime", text_type, "a string"},
                                    {"State", "EnteredTime", text_type, "a string"},
                                    {"State", "Name", text_type, "a string"},
                                    {"State", "RetryCount", number_type, "a number"},
                                    {"StateMachine", "Id", text_type, "a string"},
                                    {"StateMachine", "Name", text_type, "a string"},
                                    {"Task", "Token", text_type, "a string"}}) {
    PD_CHECK(check_context_field(*context, field));
  }
  const asl::TaskState* task = task_of(state);
  const bool waits =
      task != nullptr && task->resource.pattern != asl::TaskPattern::request_response;
  if (context->contains("Task") && !waits) {
    return wrong_context(
        "Context object contains 'Task' when state is not a Task state with a '.sync' or "
        "'.waitForTaskToken' service integration pattern");
  }
  return {};
}

// The state that an error comes from must be one inside.
Result<> check_cause(const asl::State& state, const Input& input) {
  const auto name = Input(member(input, "stateConfiguration")).maybe_text("errorCausedByState");
  if (!name || !is_container(state) || asl::has_state_inside(state, *name)) return {};
  return refused("State not found in definition");
}

}  // namespace

const Json& member(const Input& input, const char* name) {
  static const Json none = Json::object();
  const Json* found = input.find(name);
  return found != nullptr ? *found : none;
}

Result<> check_test(const asl::TestedMachine& tested, const Input& input) {
  const asl::State& state = tested.state();
  const Input mock(member(input, "mock"));
  PD_CHECK(check_mock(state, input, mock));
  if (!is_mocked(mock)) return check_unmocked(state, input);
  PD_CHECK(check_mock_result(tested, state, mock));
  PD_CHECK(check_context(state, input));
  return check_cause(state, input);
}

Result<> check_failure_count(const Input& input, int64_t iterations) {
  const Input configuration(member(input, "stateConfiguration"));
  if (configuration.integer("mapIterationFailureCount") <= iterations) return {};
  return refused(
      "Map iteration failure count must be less than or equal to the number of Map iterations");
}

}  // namespace perdure::api
