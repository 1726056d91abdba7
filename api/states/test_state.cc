// TestState: one state with a given input, with or without what its task would have answered.

#include "asl/test_state/test_state.h"

#include <utility>

#include "api/states/names.h"
#include "api/states/states.h"
#include "api/states/test_state_checks.h"
#include "api/states/test_state_items.h"
#include "api/states/test_state_view.h"
#include "base/hash.h"
#include "engine/http_trace.h"

namespace perdure::api {

namespace {

using asl::StateTest;

// A name of its own for the state machine and the execution that there are not.
asl::ExecutionIdentity identity_of(const Call& call) {
  asl::ExecutionIdentity identity;
  identity.name = call.request_id;
  identity.machine_name = hex(sha256(call.request_id)).substr(0, 32);
  identity.machine_arn = engine::state_machine_arn(call.tenant, identity.machine_name);
  identity.arn = "arn:aws:states:" + call.tenant.region + ":" + call.tenant.account +
                 ":express:" + identity.machine_name + ":" + identity.name;
  identity.role_arn = call.input().text("roleArn");
  identity.type = asl::MachineType::express;
  return identity;
}

// In compact form; absent if none are given.
Result<asl::Payload> variables_of(const Input& input) {
  const auto text = input.maybe_text("variables");
  if (!text) return asl::Payload();
  asl::Arena arena;
  const auto variables = asl::parse_json(*text, arena);
  if (variables && variables->is(asl::Kind::object)) return asl::Payload(to_json(*variables));
  return invalid("ValidationException", "Variables must be a JSON object");
}

StateTest::Setting setting_of(const StatesParts& parts, const Call& call, asl::Payload variables,
                              const asl::TestedMachine& tested) {
  StateTest::Setting setting;
  const Input input = call.input();
  setting.identity = identity_of(call);
  setting.input = asl::Payload(input.maybe_text("input").value_or("{}"));
  setting.variables = std::move(variables);
  if (auto context = input.maybe_text("context")) {
    setting.pretence.context = asl::Payload(std::move(*context));
  } else if (tested.iterated) {
    setting.pretence.item = setting.input;
  }
  setting.pretence.retries =
      Input(member(input, "stateConfiguration")).integer("retrierRetryCount");
  setting.now_ms = parts.clock.now_ms();
  setting.seed = std::hash<std::string>{}(call.request_id);
  return setting;
}

Result<std::shared_ptr<StateTest>> prepare(const StatesParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(variables, variables_of(input));
  PD_TRY(tested, asl::tested_machine(input.text("definition"), input.text("stateName")));
  if (const auto text = input.maybe_text("input")) {
    PD_CHECK(check_execution_input(*text, parts.max_input_bytes));
  }
  PD_CHECK(check_test(tested, input));
  return std::make_shared<StateTest>(tested.machine,
                                     setting_of(parts, call, std::move(variables), tested));
}

Result<> give_mock(StateTest& test, const Input& input) {
  const Input mock(member(input, "mock"));
  const Input configuration(member(input, "stateConfiguration"));
  const int64_t failed = configuration.integer("mapIterationFailureCount");
  if (std::holds_alternative<asl::MapState>(test.state().kind)) {
    PD_CHECK(check_failure_count(input, test.iterations()));
  }
  if (const Json* output = mock.find("errorOutput")) {
    test.give_failure(Input(*output).maybe_text("error"), Input(*output).maybe_text("cause"));
  } else if (test.exceeds_tolerated(failed)) {
    test.give_failure("States.ExceedToleratedFailureThreshold",
                      "The specified tolerated failure threshold was exceeded");
  } else {
    test.give_result(asl::Payload(mock.text("result")));
  }
  return {};
}

// The ItemReader's data, or nothing if the items are in the input.
void give_items(StateTest& test, const Input& input) {
  const Input configuration(member(input, "stateConfiguration"));
  const auto data = configuration.maybe_text("mapItemReaderData");
  if (!data) return test.give_items({});
  const auto items = read_items(*test.reader(), *data);
  if (items) return test.give_items(*items);
  test.give_failure(items.error().name, items.error().cause);
}

engine::TaskRequest task_request(const StateTest& test, const Call& call) {
  const auto& task = std::get<asl::TaskState>(test.state().kind);
  engine::TaskRequest request;
  request.attempt.execution = engine::actor_key(call.request_id);
  request.attempt.scheduled = test.scheduled().id;
  request.tenant = call.tenant;
  request.state_name = test.state().name;
  request.resource = task.resource;
  const bool integration = task.resource.family == asl::TaskResource::Family::integration;
  request.parameters =
      test.scheduled().payload(integration ? asl::Field::parameters : asl::Field::input);
  if (call.input().text("inspectionLevel") == "TRACE") {
    request.trace = std::make_shared<engine::HttpTrace>();
    request.trace->reveal_secrets = call.input().flag("revealSecrets");
  }
  return request;
}

// Expressions may take long: whatever evaluates them is done beside everything else.
void compute(const StatesParts& parts, const std::shared_ptr<StateTest>& test,
             const std::function<void()>& work) {
  if (!parts.compute) return work();
  parts.compute([test, work](const std::atomic<bool>& stop) {
    test->stop_by(&stop);
    work();
    test->stop_by(nullptr);
  });
}

void try_task(const StatesParts& parts, const std::shared_ptr<const Call>& call,
              const std::shared_ptr<StateTest>& test, const Done& done) {
  if (!parts.try_task) return done(internal_error("nothing does the work of tasks here"));
  engine::TaskRequest request = task_request(*test, *call);
  auto answered = [parts, test, call, done, trace = request.trace](engine::TaskAnswer answer) {
    compute(parts, test, [test, call, done, trace, answer = std::move(answer)] {
      if (const auto* failed = std::get_if<engine::answer::Failed>(&answer)) {
        test->give_failure(failed->error, failed->cause);
      } else if (const auto* result = std::get_if<engine::answer::Succeeded>(&answer)) {
        test->give_result(result->output);
      }
      done(Answer(test_answer(*test, call->input(), trace.get())));
    });
  };
  parts.try_task(std::move(request), std::move(answered));
}

void run(const StatesParts& parts, const std::shared_ptr<const Call>& call,
         const std::shared_ptr<StateTest>& test, const Done& done) {
  test->enter();
  if (test->needs_items()) give_items(*test, call->input());
  const Input mock(member(call->input(), "mock"));
  const bool mocked = mock.has("result") || mock.has("errorOutput");
  if (test->needs_result() && !mocked) return try_task(parts, call, test, done);
  if (test->needs_result()) {
    if (auto given = give_mock(*test, call->input()); !given) return done(given.error());
  }
  done(Answer(test_answer(*test, call->input())));
}

void test_state(const StatesParts& parts, const std::shared_ptr<const Call>& call,
                const Done& done) {
  auto prepared = prepare(parts, *call);
  if (!prepared) return done(prepared.error());
  const std::shared_ptr<StateTest> test = std::move(*prepared);
  compute(parts, test, [parts, call, test, done] { run(parts, call, test, done); });
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
