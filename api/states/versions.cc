// Versions of state machines.

#include <cstdio>
#include <utility>

#include "api/states/names.h"
#include "api/states/paging.h"
#include "api/states/states.h"
#include "engine/catalog/publications.h"

namespace perdure::api {

namespace {

using engine::StateMachineRecord;
using engine::StateMachineVersion;

// What a machine is called that was never updated.
constexpr std::string_view initial_revision = "INITIAL";

std::string version_arn(const StateMachineRecord& record, int64_t number) {
  return engine::qualified_arn(record.arn, std::to_string(number));
}

Result<> check_revision(const StateMachineRecord& record, const std::string& wanted) {
  const std::string current =
      record.revision_id.empty() ? std::string(initial_revision) : record.revision_id;
  if (wanted == current) return {};
  return Error{ErrorKind::conflict, "ConflictException",
               "Failed to publish the State Machine version for revision " + wanted +
                   ". The current State Machine revision is " + current + "."};
}

void publish(const StatesParts& parts, const Call& call, const Done& done) {
  const Input input = call.input();
  const std::string arn = input.text("stateMachineArn");
  if (const auto checked = check_arn(arn, "stateMachine"); !checked) return done(checked.error());
  const auto number = std::make_shared<int64_t>();
  const auto change = [number, &clock = parts.clock, revision = input.maybe_text("revisionId"),
                       description =
                           input.text("description")](StateMachineRecord& record) -> Result<> {
    if (revision) PD_CHECK(check_revision(record, *revision));
    PD_TRY(published, engine::publish(record, description, clock.now_ms()));
    *number = published;
    return {};
  };
  parts.engine.state_machines().change(
      arn, change, [number, done](Result<StateMachineRecord> record) {
        if (!record) return done(record.error());
        const StateMachineVersion* version = record->published->version(*number);
        done(Answer({{"stateMachineVersionArn", version_arn(*record, *number)},
                     {"creationDate", seconds(version ? version->created_ms : 0)}}));
      });
}

void remove(engine::Engine& engine, const Call& call, const Done& done) {
  const std::string arn = call.input().text("stateMachineVersionArn");
  if (const auto checked = check_arn(arn, "stateMachine"); !checked) return done(checked.error());
  const auto qualified = engine::parse_qualified(arn);
  const auto number = engine::version_number(qualified->qualifier);
  if (!number) {
    return done(
        invalid("InvalidArn", "Invalid Arn: 'Not a state machine version ARN: " + arn + "'"));
  }
  // One that is gone with its machine is deleted as well.
  if (!engine.state_machines().find(qualified->machine_arn)) return done(Answer());
  engine.state_machines().change(
      qualified->machine_arn,
      [number](StateMachineRecord& record) { return engine::remove_version(record, *number); },
      [done](Result<StateMachineRecord> record) {
        if (!record) return done(record.error());
        done(Answer());
      });
}

// The newest first.
Result<Answer> list(engine::Engine& engine, const Call& call) {
  const std::string arn = call.input().text("stateMachineArn");
  PD_CHECK(check_arn(arn, "stateMachine"));
  PD_TRY(paging, read_paging(call, "ListStateMachineVersions " + arn));
  const auto record = engine.state_machines().find(arn);
  std::vector<StateMachineVersion> versions;
  if (record && record->published) {
    versions.assign(record->published->versions.rbegin(), record->published->versions.rend());
  }
  const auto place = [](const StateMachineVersion& version) {
    char text[24];
    std::snprintf(text, sizeof text, "%019lld", static_cast<long long>(INT64_MAX - version.number));
    return std::string(text);
  };
  return answer_page(paging, "stateMachineVersions", versions, place,
                     [&](const StateMachineVersion& version) {
                       return Json{{"stateMachineVersionArn", version_arn(*record, version.number)},
                                   {"creationDate", seconds(version.created_ms)}};
                     });
}

}  // namespace

std::vector<Operation> version_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      {"PublishStateMachineVersion",
       structure({required("stateMachineArn", arn_shape()), optional("revisionId", text()),
                  optional("description", text(0, 256))}),
       [parts](const auto& call, const Done& done) { publish(parts, *call, done); }},
      {"DeleteStateMachineVersion", structure({required("stateMachineVersionArn", text(1, 2000))}),
       [&engine](const auto& call, const Done& done) { remove(engine, *call, done); }},
      {"ListStateMachineVersions",
       structure({required("stateMachineArn", arn_shape()), optional("nextToken", text(1, 1024)),
                  optional("maxResults", page_size_shape())}),
       at_once([&engine](const Call& call) { return list(engine, call); })},
  };
}

}  // namespace perdure::api
