// Aliases of state machines: names for one or two versions.

#include <algorithm>
#include <utility>

#include "api/states/names.h"
#include "api/states/paging.h"
#include "api/states/states.h"
#include "engine/catalog/publications.h"

namespace perdure::api {

namespace {

using engine::QualifiedArn;
using engine::StateMachineAlias;
using engine::StateMachineRecord;
using Routes = std::vector<StateMachineAlias::Route>;

Error refused(std::string why) { return invalid("ValidationException", std::move(why)); }

struct Routing {
  std::string machine_arn;
  Routes routes;
};

// "[arn1, arn2]", as AWS names what it got.
std::string received(const Json& items) {
  std::string text;
  for (const Json& item : items) {
    if (!text.empty()) text += ", ";
    text += item.at("stateMachineVersionArn").get<std::string>();
  }
  return "Received: [" + text + "]";
}

// One or two versions of one machine, with weights that make 100.
Result<Routing> read_routing(const Json& items) {
  Routing routing;
  int64_t sum = 0;
  for (const Json& item : items) {
    const std::string arn = item.at("stateMachineVersionArn").get<std::string>();
    PD_CHECK(check_arn(arn, "stateMachine"));
    const auto qualified = engine::parse_qualified(arn);
    const auto number = engine::version_number(qualified->qualifier);
    if (!number) {
      return refused("Routing configuration must contain state machine version ARNs. " +
                     received(items));
    }
    if (!routing.routes.empty() && routing.machine_arn != qualified->machine_arn) {
      return refused("Routing configuration must contain versions of the same state machine. " +
                     received(items));
    }
    if (!routing.routes.empty() && routing.routes.front().version == *number) {
      return refused("Routing configuration must contain distinct state machine version ARNs. " +
                     received(items));
    }
    routing.machine_arn = qualified->machine_arn;
    routing.routes.push_back({*number, item.at("weight").get<int64_t>()});
    sum += routing.routes.back().weight;
  }
  if (sum != 100) {
    std::string weights;
    for (const auto& route : routing.routes) {
      weights += (weights.empty() ? "" : ", ") + std::to_string(route.weight);
    }
    return refused("Sum of routing configuration weights must equal 100. Received: [" + weights +
                   "]");
  }
  return routing;
}

Result<> check_versions(const StateMachineRecord& record, const Routes& routes) {
  for (const auto& route : routes) {
    if (!record.published || record.published->version(route.version) == nullptr) {
      return engine::no_such_resource();
    }
  }
  return {};
}

Result<QualifiedArn> check_alias_arn(const std::string& arn) {
  PD_CHECK(check_arn(arn, "stateMachine"));
  auto qualified = engine::parse_qualified(arn);
  if (qualified->qualifier.empty() || engine::version_number(qualified->qualifier)) {
    return invalid("InvalidArn", "Invalid Arn: 'Not a state machine alias ARN: " + arn + "'");
  }
  return std::move(*qualified);
}

// A machine that is not there is, to those who ask for its aliases, an alias that is not there.
Error about_alias(Error error) {
  return error.name == "StateMachineDoesNotExist" ? engine::no_such_resource() : std::move(error);
}

void create(const StatesParts& parts, const Call& call, const Done& done) {
  const Input input = call.input();
  auto routing = read_routing(*input.find("routingConfiguration"));
  if (!routing) return done(routing.error());
  StateMachineAlias alias;
  alias.name = input.text("name");
  alias.description = input.text("description");
  alias.routes = std::move(routing->routes);
  parts.engine.state_machines().change(
      routing->machine_arn,
      [alias, &clock = parts.clock](StateMachineRecord& record) -> Result<> {
        PD_CHECK(check_versions(record, alias.routes));
        return engine::add_alias(record, alias, clock.now_ms());
      },
      [done, name = alias.name](Result<StateMachineRecord> record) {
        if (!record) return done(about_alias(record.error()));
        const auto* created = record->published->alias(name);
        done(Answer({{"stateMachineAliasArn", engine::qualified_arn(record->arn, name)},
                     {"creationDate", seconds(created ? created->created_ms : 0)}}));
      });
}

void update(const StatesParts& parts, const Call& call, const Done& done) {
  const Input input = call.input();
  const auto qualified = check_alias_arn(input.text("stateMachineAliasArn"));
  if (!qualified) return done(qualified.error());
  engine::AliasUpdate update;
  update.description = input.maybe_text("description");
  if (const Json* items = input.find("routingConfiguration")) {
    auto routing = read_routing(*items);
    if (!routing) return done(routing.error());
    if (routing->machine_arn != qualified->machine_arn) {
      return done(
          refused("Routing configuration must contain versions of the same state machine. " +
                  received(*items)));
    }
    update.routes = std::move(routing->routes);
  }
  if (!update.description && !update.routes) {
    return done(refused("Either the description or the routing configuration must be specified"));
  }
  const std::string& name = qualified->qualifier;
  parts.engine.state_machines().change(
      qualified->machine_arn,
      [name, update, &clock = parts.clock](StateMachineRecord& record) -> Result<> {
        if (update.routes) PD_CHECK(check_versions(record, *update.routes));
        return engine::update_alias(record, name, update, clock.now_ms());
      },
      [done, name](Result<StateMachineRecord> record) {
        if (!record) return done(about_alias(record.error()));
        const auto* updated = record->published->alias(name);
        done(Answer(Json::object({{"updateDate", seconds(updated ? updated->updated_ms : 0)}})));
      });
}

Result<Answer> describe(engine::Engine& engine, const Call& call) {
  const std::string arn = call.input().text("stateMachineAliasArn");
  PD_TRY(qualified, check_alias_arn(arn));
  const auto record = engine.state_machines().find(qualified.machine_arn);
  const StateMachineAlias* alias =
      record && record->published ? record->published->alias(qualified.qualifier) : nullptr;
  if (alias == nullptr) return engine::no_such_resource();
  Json routes = Json::array();
  for (const auto& route : alias->routes) {
    const std::string version = std::to_string(route.version);
    routes.push_back({{"stateMachineVersionArn", engine::qualified_arn(record->arn, version)},
                      {"weight", route.weight}});
  }
  Json answer = {{"stateMachineAliasArn", arn},
                 {"name", alias->name},
                 {"routingConfiguration", std::move(routes)},
                 {"creationDate", seconds(alias->created_ms)},
                 {"updateDate", seconds(alias->updated_ms)}};
  if (!alias->description.empty()) answer["description"] = alias->description;
  return Answer(std::move(answer));
}

// Recorded: one that is not there is fine.
void remove(engine::Engine& engine, const Call& call, const Done& done) {
  const auto qualified = check_alias_arn(call.input().text("stateMachineAliasArn"));
  if (!qualified) return done(qualified.error());
  if (!engine.state_machines().find(qualified->machine_arn)) return done(Answer());
  engine.state_machines().change(
      qualified->machine_arn,
      [name = qualified->qualifier](StateMachineRecord& record) -> Result<> {
        if (record.published && record.published->alias(name)) engine::remove_alias(record, name);
        return {};
      },
      [done](Result<StateMachineRecord> record) {
        if (!record) return done(record.error());
        done(Answer());
      });
}

// With a version's ARN: the aliases that point to it.
Result<Answer> list(engine::Engine& engine, const Call& call) {
  const std::string arn = call.input().text("stateMachineArn");
  PD_CHECK(check_arn(arn, "stateMachine"));
  PD_TRY(paging, read_paging(call, "ListStateMachineAliases " + arn));
  const auto qualified = engine::parse_qualified(arn);
  const auto record = engine.state_machines().find(qualified->machine_arn);
  if (!record) return state_machine_does_not_exist(arn);
  if (record->deleting()) return engine::state_machine_deleting(arn);
  std::vector<StateMachineAlias> aliases;
  if (record->published) aliases = record->published->aliases;
  if (!qualified->qualifier.empty()) {
    const auto number = engine::version_number(qualified->qualifier);
    if (!number || !record->published || record->published->version(*number) == nullptr) {
      return engine::no_such_resource();
    }
    std::erase_if(aliases, [&](const StateMachineAlias& alias) {
      return std::none_of(alias.routes.begin(), alias.routes.end(),
                          [&](const auto& route) { return route.version == *number; });
    });
  }
  return answer_page(
      paging, "stateMachineAliases", aliases, [](const auto& alias) { return alias.name; },
      [&](const auto& alias) {
        return Json{{"stateMachineAliasArn", engine::qualified_arn(record->arn, alias.name)},
                    {"creationDate", seconds(alias.created_ms)}};
      });
}

Shape routing_shape() {
  return list_of(structure({required("stateMachineVersionArn", arn_shape()),
                            required("weight", integer(0, 100))}),
                 1, 2);
}

Shape alias_name_shape() { return text(1, 80, R"(^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$)"); }

}  // namespace

std::vector<Operation> alias_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      {"CreateStateMachineAlias",
       structure({required("name", alias_name_shape()),
                  required("routingConfiguration", routing_shape()),
                  optional("description", text(0, 256))}),
       [parts](const auto& call, const Done& done) { create(parts, *call, done); }},
      {"UpdateStateMachineAlias",
       structure({required("stateMachineAliasArn", arn_shape()),
                  optional("description", text(0, 256)),
                  optional("routingConfiguration", routing_shape())}),
       [parts](const auto& call, const Done& done) { update(parts, *call, done); }},
      {"DescribeStateMachineAlias", structure({required("stateMachineAliasArn", arn_shape())}),
       at_once([&engine](const Call& call) { return describe(engine, call); })},
      {"DeleteStateMachineAlias", structure({required("stateMachineAliasArn", arn_shape())}),
       [&engine](const auto& call, const Done& done) { remove(engine, *call, done); }},
      {"ListStateMachineAliases",
       structure({required("stateMachineArn", arn_shape()), optional("nextToken", text(1, 1024)),
                  optional("maxResults", page_size_shape())}),
       at_once([&engine](const Call& call) { return list(engine, call); })},
  };
}

}  // namespace perdure::api
