// Create, update, describe, delete, list and validate state machines.

#include <algorithm>
#include <utility>

#include "api/states/names.h"
#include "api/states/paging.h"
#include "api/states/settings.h"
#include "api/states/states.h"
#include "asl/parse/parse.h"
#include "asl/states/map_distributed.h"
#include "base/hash.h"
#include "engine/catalog/publications.h"
#include "engine/map_runs/order.h"

namespace perdure::api {

namespace {

using engine::StateMachineRecord;

Result<> check_definition(const std::string& text, asl::MachineType type) {
  const asl::ParseOutcome outcome = asl::parse_definition(text, type);
  if (outcome.ok()) return {};
  return invalid("InvalidDefinition", asl::invalid_definition_message(outcome.diagnostics));
}

// A role's ARN is only kept and shown, never used.
Result<> check_role(std::string_view arn) {
  if (arn.starts_with("arn:")) return {};
  return invalid("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: " + std::string(arn) + "'");
}

asl::MachineType type_of(const Input& input) {
  return input.text("type") == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
}

const char* type_name(asl::MachineType type) {
  return type == asl::MachineType::express ? "EXPRESS" : "STANDARD";
}

// The description of the version to publish; nothing if none is wanted.
Result<std::optional<std::string>> read_publish(const Input& input) {
  if (input.flag("publish")) return std::optional(input.text("versionDescription"));
  if (!input.has("versionDescription")) return std::optional<std::string>();
  return invalid("ValidationException", "Version description can only be set when publish is true");
}

// Adds stateMachineVersionArn where a version was asked for.
void show_published(const StateMachineRecord& record, int64_t number, Json& answer) {
  answer["stateMachineVersionArn"] = engine::qualified_arn(record.arn, std::to_string(number));
}

Result<StateMachineRecord> record_to_create(const StatesParts& parts, const Call& call) {
  const Input input = call.input();
  StateMachineRecord record;
  record.tenant = call.tenant;
  record.name = input.text("name");
  PD_CHECK(check_name(record.name));
  record.role_arn = input.text("roleArn");
  PD_CHECK(check_role(record.role_arn));
  PD_TRY(description, read_publish(input));
  PD_TRY(settings, read_settings(call.json, parts.log_groups));
  record.settings = std::move(settings);
  record.type = type_of(input);
  record.definition = input.text("definition");
  PD_CHECK(check_definition(record.definition, record.type));
  record.definition_hash = hex(sha256(record.definition));
  record.arn = engine::state_machine_arn(call.tenant, record.name);
  if (description) {
    record.creation = {{"publish", true}, {"versionDescription", *description}};
    PD_CHECK(engine::publish(record, *description, parts.clock.now_ms()));
  }
  return record;
}

void create(const StatesParts& parts, const Call& call, const Done& done) {
  auto record = record_to_create(parts, call);
  if (!record) return done(record.error());
  parts.engine.state_machines().create(
      std::move(*record), [done](Result<StateMachineRecord> created) {
        if (!created) return done(created.error());
        Answer answer(
            {{"stateMachineArn", created->arn}, {"creationDate", seconds(created->created_ms)}});
        if (created->creation.contains("publish")) show_published(*created, 1, answer.json);
        done(std::move(answer));
      });
}

Result<StateMachineRecord> find_machine(engine::Engine& engine, const std::string& arn) {
  PD_CHECK(check_arn(arn, "stateMachine"));
  const auto record = engine.state_machines().find(arn);
  if (!record) return state_machine_does_not_exist(arn);
  return *record;
}

Result<engine::StateMachines::Update> read_update(const StatesParts& parts, const Call& call) {
  const Input input = call.input();
  PD_CHECK(refuse_labelled(input.text("stateMachineArn")));
  PD_TRY(record, find_machine(parts.engine, input.text("stateMachineArn")));
  engine::StateMachines::Update update;
  PD_TRY(publish, read_publish(input));
  update.publish = std::move(publish);
  PD_TRY(settings, read_settings(call.json, parts.log_groups));
  update.settings = std::move(settings);
  update.definition = input.maybe_text("definition");
  update.role_arn = input.maybe_text("roleArn");
  if (!update.definition && !update.role_arn && update.settings.empty()) {
    return invalid("MissingRequiredParameter",
                   "Either the definition, the role ARN, the LoggingConfiguration, or the "
                   "TracingConfiguration must be specified");
  }
  if (update.role_arn) PD_CHECK(check_role(*update.role_arn));
  if (update.definition) PD_CHECK(check_definition(*update.definition, record.type));
  return update;
}

void update(const StatesParts& parts, const Call& call, const Done& done) {
  auto update = read_update(parts, call);
  if (!update) return done(update.error());
  const bool published = update->publish.has_value();
  parts.engine.state_machines().update(
      call.input().text("stateMachineArn"), std::move(*update),
      [published, done](Result<StateMachineRecord> updated) {
        if (!updated) return done(updated.error());
        Answer answer(Json::object({{"updateDate", seconds(updated->updated_ms)}}));
        if (!updated->revision_id.empty()) answer.json["revisionId"] = updated->revision_id;
        if (published) {
          const int64_t number = updated->published->versions.back().number;
          show_published(*updated, number, answer.json);
        }
        done(std::move(answer));
      });
}

// The version that a qualifier names stands in the record's place.
Result<Json> show_version(engine::Engine& engine, StateMachineRecord& record,
                          const std::string& qualifier, const std::string& arn) {
  const auto number = engine::version_number(qualifier);
  const auto* version = number && record.published ? record.published->version(*number) : nullptr;
  if (version == nullptr) return state_machine_does_not_exist(arn);
  PD_TRY(definition, engine.definition_text(version->definition_hash));
  record.arn = arn;
  record.definition = std::move(definition);
  record.definition_hash = version->definition_hash;
  record.role_arn = version->role_arn;
  record.revision_id = version->revision_id;
  record.created_ms = version->created_ms;
  record.settings = version->settings;
  if (version->description.empty()) return Json::object();
  return Json::object({{"description", version->description}});
}

// What the map runs of a distributed Map run stands in the record's place.
Result<Json> show_labelled(engine::Engine& engine, StateMachineRecord& record,
                           const std::string& label, const std::string& arn) {
  const auto machine = engine.state_machines().parsed(record.definition_hash);
  const asl::State* state =
      machine ? asl::find_labelled_map(machine->graph, record.definition_hash, label) : nullptr;
  if (state == nullptr) return state_machine_does_not_exist(arn);
  record.definition_hash = engine::nested_definition_hash(record.definition_hash, state->name);
  PD_TRY(definition, engine.definition_text(record.definition_hash));
  record.arn = arn;
  record.name += "/" + label;
  record.definition = std::move(definition);
  const bool express = std::get<asl::MapState>(state->kind).distributed->express;
  record.type = express ? asl::MachineType::express : asl::MachineType::standard;
  return Json::object({{"label", label}});
}

Result<Answer> describe(engine::Engine& engine, const Call& call) {
  const std::string arn = call.input().text("stateMachineArn");
  PD_CHECK(check_arn(arn, "stateMachine"));
  const auto qualified = engine::parse_qualified(arn);
  const size_t slash = std::min(qualified->machine_arn.find('/'), qualified->machine_arn.size());
  const auto found = engine.state_machines().find(qualified->machine_arn.substr(0, slash));
  if (!found) return state_machine_does_not_exist(arn);
  StateMachineRecord record = *found;
  Json answer = Json::object();
  if (slash < qualified->machine_arn.size()) {
    PD_TRY(map, show_labelled(engine, record, qualified->machine_arn.substr(slash + 1), arn));
    answer = std::move(map);
  } else if (!qualified->qualifier.empty()) {
    PD_TRY(version, show_version(engine, record, qualified->qualifier, arn));
    answer = std::move(version);
  }
  const bool all = call.input().text("includedData") != "METADATA_ONLY";
  answer.update(Json{{"stateMachineArn", record.arn},
                     {"name", record.name},
                     {"status", record.status},
                     {"definition", all ? record.definition : "{}"},
                     {"roleArn", record.role_arn},
                     {"type", type_name(record.type)},
                     {"creationDate", seconds(record.created_ms)}});
  // AWS shows a revision only once there has been an update.
  if (!record.revision_id.empty()) answer["revisionId"] = record.revision_id;
  show_settings(record.settings, answer);
  const auto machine = engine.state_machines().parsed(record.definition_hash);
  if (all) show_variable_references(machine.get(), answer);
  return Answer(std::move(answer));
}

void remove(engine::Engine& engine, const Call& call, const Done& done) {
  std::string arn = call.input().text("stateMachineArn");
  if (const auto checked = check_arn(arn, "stateMachine"); !checked) return done(checked.error());
  if (const auto plain = refuse_labelled(arn); !plain) return done(plain.error());
  engine.state_machines().remove(std::move(arn), [done](Result<bool> removed) {
    if (!removed) return done(removed.error());
    done(Answer());
  });
}

Json list_item(const StateMachineRecord& record) {
  return {{"stateMachineArn", record.arn},
          {"name", record.name},
          {"type", type_name(record.type)},
          {"creationDate", seconds(record.created_ms)}};
}

Result<Answer> list(engine::Engine& engine, const Call& call) {
  PD_TRY(paging,
         read_paging(call, "ListStateMachines " + call.tenant.account + " " + call.tenant.region));
  return answer_page(
      paging, "stateMachines", engine.state_machines().list(call.tenant),
      [](const StateMachineRecord& record) { return record.name; }, &list_item);
}

Json diagnostic_json(const asl::Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == asl::Diagnostic::Severity::error;
  Json json = {{"severity", error ? "ERROR" : "WARNING"},
               {"code", diagnostic.code},
               {"message", diagnostic.message}};
  if (!diagnostic.location.empty()) json["location"] = diagnostic.location;
  return json;
}

Result<Answer> validate(const Call& call) {
  const Input input = call.input();
  const asl::ParseOutcome outcome = asl::parse_definition(input.text("definition"), type_of(input));
  const bool warnings = input.text("severity") == "WARNING";
  const auto limit = static_cast<size_t>(page_size(input));
  Json shown = Json::array();
  bool truncated = false;
  for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
    if (diagnostic.severity == asl::Diagnostic::Severity::warning && !warnings) continue;
    truncated = shown.size() == limit;
    if (truncated) break;
    shown.push_back(diagnostic_json(diagnostic));
  }
  return Answer({{"result", outcome.ok() ? "OK" : "FAIL"},
                 {"diagnostics", std::move(shown)},
                 {"truncated", truncated}});
}

Shape definition_shape() { return text(1, 1'048'576); }
Shape type_shape() { return one_of({"STANDARD", "EXPRESS"}); }

Operation create_row(const StatesParts& parts) {
  return {
      "CreateStateMachine",
      structure({required("name", name_shape()), required("definition", definition_shape()),
                 required("roleArn", arn_shape()), optional("type", type_shape()),
                 optional("loggingConfiguration", logging_shape()), optional("tags", tags_shape()),
                 optional("tracingConfiguration", tracing_shape()), optional("publish", flag()),
                 optional("versionDescription", text(0, 256)),
                 optional("encryptionConfiguration", encryption_shape())}),
      [parts](const auto& call, const Done& done) { create(parts, *call, done); }};
}

Operation update_row(const StatesParts& parts) {
  return {"UpdateStateMachine",
          structure({required("stateMachineArn", arn_shape()),
                     optional("definition", definition_shape()), optional("roleArn", arn_shape()),
                     optional("loggingConfiguration", logging_shape()),
                     optional("tracingConfiguration", tracing_shape()), optional("publish", flag()),
                     optional("versionDescription", text(0, 256)),
                     optional("encryptionConfiguration", encryption_shape())}),
          [parts](const auto& call, const Done& done) { update(parts, *call, done); }};
}

}  // namespace

std::vector<Operation> state_machine_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      create_row(parts),
      update_row(parts),
      {"DescribeStateMachine",
       structure({required("stateMachineArn", arn_shape()),
                  optional("includedData", included_data_shape())}),
       at_once([&engine](const Call& call) { return describe(engine, call); })},
      {"DeleteStateMachine", structure({required("stateMachineArn", arn_shape())}),
       [&engine](const auto& call, const Done& done) { remove(engine, *call, done); }},
      {"ListStateMachines",
       structure({optional("maxResults", page_size_shape()), optional("nextToken", text(1, 1024))}),
       at_once([&engine](const Call& call) { return list(engine, call); })},
      {"ValidateStateMachineDefinition",
       structure({required("definition", text(0, 1'048'576)), optional("type", type_shape()),
                  optional("severity", one_of({"ERROR", "WARNING"})),
                  optional("maxResults", integer(0, 100))}),
       at_once(&validate)},
  };
}

}  // namespace perdure::api
