#include "tests/sim/world/library.h"

#include "asl/execution/advance.h"
#include "asl/value/value.h"
#include "base/hash.h"
#include "base/json.h"
#include "tests/sim/world/trace.h"
#include "tests/support/random_machine.h"

namespace perdure::sim {
namespace {

constexpr std::string_view token_mark = R"("token":")";

std::string without_token(std::string_view parameters) {
  std::string text(parameters);
  const size_t at = text.find(token_mark);
  if (at == text.npos) return text;
  const size_t from = at + token_mark.size();
  return text.erase(from, text.find('"', from) - from);
}

bool is_child_task(const asl::TaskResource& resource) { return resource.service == "states"; }

// Runs an execution without an engine: answers at once, time that jumps to the next due moment.
class FaultFree final : public asl::Surroundings {
 public:
  FaultFree(Library& library, const Definition& definition)
      : library_(library), definition_(definition), execution_(definition.machine) {}

  Ending run(const std::string& input) {
    asl::input::Start start;
    start.identity.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    start.identity.name = "e";
    start.identity.machine_arn = definition_.arn;
    start.identity.type = definition_.type;
    start.input = asl::Payload(input);
    give(start);
    while (!execution_.closed()) {
      if (!answer_one()) let_time_pass();
    }
    return {execution_.status(), std::string(execution_.output().text()),
            execution_.error().value_or("")};
  }

 private:
  std::string task_token(const asl::Execution&, asl::EventId) override { return "token"; }
  bool reserve(const asl::Execution&, const asl::Entry&, std::string&) override { return true; }

  void give(const asl::Input& input) {
    asl::Burst burst = asl::advance(execution_, input, {now_ms_, random_, *this, limits_});
    while (burst.more) {
      burst = asl::advance(execution_, asl::input::Continue{}, {now_ms_, random_, *this, limits_});
    }
  }

  void let_time_pass() {
    const auto due = execution_.next_due_ms();
    PD_ASSERT(due.has_value());
    now_ms_ = std::max(now_ms_, *due);
    give(asl::input::Due{});
  }

  bool answer_one() {
    for (const auto& [id, frame] : execution_.frames()) {
      if (frame.phase != asl::Phase::task) continue;
      answer(frame);
      return true;
    }
    return false;
  }

  void answer(const asl::Frame& frame) {
    const auto& task = std::get<asl::TaskState>(frame.state->kind);
    const int64_t scheduled = frame.attempt.scheduled;
    if (is_child_task(task.resource)) return answer_child(frame, task.resource);
    const bool integration = task.resource.family == asl::TaskResource::Family::integration;
    const std::string parameters(
        frame.attempt.schedule.text(integration ? asl::Field::parameters : asl::Field::input));
    const Script script =
        script_of(definition_.arn, frame.state->name, parameters, frame.retry_count);
    const bool callback = frame.attempt.pattern == asl::TaskPattern::wait_for_task_token;
    if (callback && !frame.attempt.submitted) {
      give(asl::input::AttemptAnswered{scheduled, asl::Payload(std::string("{}")), ""});
    }
    if (!script.succeeds) {
      give(asl::input::AttemptFailed{scheduled, scripted_error, scripted_cause});
    } else if (callback) {
      give(asl::input::AttemptCompleted{scheduled, asl::Payload(script.output)});
    } else {
      give(asl::input::AttemptAnswered{scheduled, asl::Payload(script.output), ""});
    }
  }

  void answer_child(const asl::Frame& frame, const asl::TaskResource& resource) {
    const int64_t scheduled = frame.attempt.scheduled;
    const asl::TaskPattern pattern = frame.attempt.pattern;
    const auto parameters = parse_json(frame.attempt.schedule.text(asl::Field::parameters));
    const auto arn = parameters->at("StateMachineArn").get<std::string>();
    const bool sync = pattern == asl::TaskPattern::sync;
    give(asl::input::AttemptAnswered{scheduled, asl::Payload(std::string("{}")),
                                     sync ? "child" : ""});
    if (pattern == asl::TaskPattern::request_response) return;
    std::string output = "{}";
    if (sync) {
      const Definition& child = library_.child_of(arn);
      const Ending& ending = library_.ending(child, R"({"list":[{"c":1}]})");
      const bool as_value = resource.action.ends_with(":2");
      output = "{\"Output\":" + (as_value ? ending.output : dump_json(Json(ending.output))) + "}";
    }
    give(asl::input::AttemptCompleted{scheduled, asl::Payload(output)});
  }

  Library& library_;
  const Definition& definition_;
  asl::Execution execution_;
  asl::Limits limits_;
  SeededRandom random_{1};
  int64_t now_ms_ = 1'700'000'000'000;
};

}  // namespace

std::string token_in(std::string_view parameters) {
  const size_t at = parameters.find(token_mark);
  if (at == parameters.npos) return {};
  const size_t from = at + token_mark.size();
  return std::string(parameters.substr(from, parameters.find('"', from) - from));
}

Script script_of(std::string_view machine_arn, std::string_view state_name,
                 std::string_view parameters, int64_t attempt_number) {
  const uint64_t dice = mix(hash_text(without_token(parameters)), hash_text(state_name));
  Script script;
  script.output = "{\"list\":[{\"n\":" + std::to_string(dice % 10) + "}]}";
  const bool calm = machine_arn.find(":stateMachine:calm") != machine_arn.npos;
  if (calm || dice / 16 % 4 != 0) return script;
  const auto failures = static_cast<int64_t>(1 + dice / 64 % 4);
  script.succeeds = attempt_number >= failures;
  return script;
}

Definition Library::make_map(const std::string& kind, int number) {
  Definition made;
  made.name = kind + std::to_string(number);
  made.arn = engine::state_machine_arn({}, made.name);
  const bool express = kind == "xmap";
  const char* const tolerated[] = {"", R"("ToleratedFailurePercentage":100,)",
                                   R"("ToleratedFailureCount":2,)", ""};
  made.text = R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"L",)";
  made.text += tolerated[number % 4];
  made.text +=
      number % 2 == 0 ? R"("MaxConcurrency":3,)" : R"("ItemBatcher":{"MaxItemsPerBatch":2},)";
  made.processor = R"({"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":)";
  made.processor += express ? "\"EXPRESS\"" : "\"STANDARD\"";
  made.processor += R"(},"StartAt":"T","States":{"T":{"Type":"Task","TimeoutSeconds":20,"Next":"W",
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
      "Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2,"IntervalSeconds":1}]},
      "W":{"Type":"Wait","Seconds":1,"End":true}}})";
  made.text += "\"ItemProcessor\":" + made.processor + "}}}";
  return parsed(std::move(made));
}

Definition Library::make(const std::string& kind, int number) {
  if (kind == "map" || kind == "xmap") return make_map(kind, number);
  testing::MachineShape shape;
  shape.depth = 1 + number % 2;
  shape.max_states = 3;
  shape.longest_wait_s = 20;
  shape.uuids = false;
  shape.containers_retry = number % 4 == 0;
  shape.error = scripted_error;
  Definition made;
  made.name = kind + std::to_string(number);
  made.arn = engine::state_machine_arn({}, made.name);
  shape.comment = made.name;  // no two have the same text
  if (kind == "m") {
    for (int i = 0; i < 2; ++i)
      shape.children.push_back(get("calm", (number + i) % children_count).arn);
  } else if (kind == "calm") {
    shape.depth = 0;
    shape.fails = false;
  } else {
    shape.depth = 0;
    shape.callbacks = false;
    shape.longest_wait_s = 3;
    made.type = asl::MachineType::express;
  }
  const uint64_t seed = mix(hash_text(kind), static_cast<uint64_t>(number));
  made.text = testing::RandomMachine(seed, shape).text();
  for (const std::string& arn : shape.children) {
    if (made.text.find(arn + "\"") != made.text.npos) made.children.push_back(&child_of(arn));
  }
  return parsed(std::move(made));
}

Definition Library::parsed(Definition made) {
  made.hash = hex(sha256(made.text));
  const auto parsed = asl::parse_definition(made.text, made.type);
  if (!parsed.ok()) {
    throw Violation{"machines are valid",
                    asl::invalid_definition_message(parsed.diagnostics) + "\n" + made.text};
  }
  made.machine = parsed.machine;
  return made;
}

const Definition& Library::get(const std::string& kind, int number) {
  const std::pair key(kind, number);
  const auto known = made_.find(key);
  if (known != made_.end()) return known->second;
  const Definition& made = made_.emplace(key, make(kind, number)).first->second;
  by_hash_.emplace(made.hash, &made);
  return made;
}

const Definition& Library::child_of(const std::string& arn) {
  const std::string name = arn.substr(arn.rfind(':') + 1);
  return get("calm", std::stoi(name.substr(4)));
}

const Definition* Library::by_hash(std::string_view hash) const {
  const size_t slash = hash.find('/');
  const auto known = by_hash_.find(hash.substr(0, slash));
  if (known == by_hash_.end()) return nullptr;
  if (slash == hash.npos) return known->second;
  const auto [nested, added] = nested_.try_emplace(std::string(hash), *known->second);
  if (!added) return &nested->second;
  Definition& child = nested->second;
  child.machine = asl::load_definition(child.processor);
  child.arn += "/L";
  child.hash = hash;
  child.processor.clear();
  return &child;
}

std::shared_ptr<const asl::StateMachine> Library::loaded(std::string_view text) {
  const auto known = loaded_.find(text);
  if (known != loaded_.end()) return known->second;
  return loaded_.emplace(std::string(text), asl::load_definition(text)).first->second;
}

const Ending& Library::ending(const Definition& definition, const std::string& input) {
  const std::pair key(definition.hash, input);
  const auto known = endings_.find(key);
  if (known != endings_.end()) return known->second;
  Ending ending = FaultFree(*this, definition).run(input);
  return endings_.emplace(key, std::move(ending)).first->second;
}

}  // namespace perdure::sim
