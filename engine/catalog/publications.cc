#include "engine/catalog/publications.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace perdure::engine {
namespace {

constexpr size_t max_versions = 1'000;
constexpr size_t max_aliases = 100;

Error does_not_exist(std::string_view arn) {
  return {ErrorKind::not_found, "StateMachineDoesNotExist",
          "State Machine Does Not Exist: '" + std::string(arn) + "'"};
}

Error quota(const std::string& what, size_t most) {
  return invalid("ServiceQuotaExceededException",
                 "The maximum number of " + what + " has been reached: " + std::to_string(most));
}

// A copy to change; the record's own is shared.
Publications copy_of(const StateMachineRecord& record) {
  return record.published ? *record.published : Publications();
}

void store(StateMachineRecord& record, Publications publications) {
  record.published = std::make_shared<const Publications>(std::move(publications));
}

Json to_json(const StateMachineVersion& version) {
  return {{"number", version.number},           {"definitionHash", version.definition_hash},
          {"roleArn", version.role_arn},        {"revisionId", version.revision_id},
          {"description", version.description}, {"createdMs", version.created_ms},
          {"settings", version.settings}};
}

Json to_json(const StateMachineAlias& alias) {
  Json routes = Json::array();
  for (const auto& route : alias.routes) {
    routes.push_back({{"version", route.version}, {"weight", route.weight}});
  }
  return {{"name", alias.name},
          {"description", alias.description},
          {"routes", std::move(routes)},
          {"createdMs", alias.created_ms},
          {"updatedMs", alias.updated_ms}};
}

StateMachineVersion read_version(const Json& json) {
  return {json.at("number").get<int64_t>(),
          json.at("definitionHash").get<std::string>(),
          json.at("roleArn").get<std::string>(),
          json.at("revisionId").get<std::string>(),
          json.at("description").get<std::string>(),
          json.at("createdMs").get<int64_t>(),
          json.at("settings")};
}

StateMachineAlias read_alias(const Json& json) {
  StateMachineAlias alias{json.at("name").get<std::string>(),
                          json.at("description").get<std::string>(),
                          {},
                          json.at("createdMs").get<int64_t>(),
                          json.at("updatedMs").get<int64_t>()};
  for (const Json& route : json.at("routes")) {
    alias.routes.push_back({route.at("version").get<int64_t>(), route.at("weight").get<int64_t>()});
  }
  return alias;
}

template <class Aliases>
auto place_of(Aliases& aliases, std::string_view name) {
  return std::lower_bound(aliases.begin(), aliases.end(), name,
                          [](const auto& alias, std::string_view n) { return alias.name < n; });
}

int64_t picked(const StateMachineAlias& alias, const std::function<uint64_t()>& draw) {
  if (alias.routes.size() == 1) return alias.routes.front().version;
  const auto drawn = static_cast<int64_t>(draw() % 100);
  return alias.routes[drawn < alias.routes.front().weight ? 0 : 1].version;
}

}  // namespace

const StateMachineVersion* Publications::version(int64_t number) const {
  const auto found = std::lower_bound(versions.begin(), versions.end(), number,
                                      [](const auto& v, int64_t n) { return v.number < n; });
  return found != versions.end() && found->number == number ? &*found : nullptr;
}

const StateMachineAlias* Publications::alias(std::string_view name) const {
  const auto found = place_of(aliases, name);
  return found != aliases.end() && found->name == name ? &*found : nullptr;
}

Json to_json(const Publications& publications) {
  Json versions = Json::array(), aliases = Json::array();
  for (const auto& version : publications.versions) versions.push_back(to_json(version));
  for (const auto& alias : publications.aliases) aliases.push_back(to_json(alias));
  return {{"lastNumber", publications.last_number},
          {"versions", std::move(versions)},
          {"aliases", std::move(aliases)}};
}

Publications read_publications(const Json& json) {
  Publications publications;
  publications.last_number = json.at("lastNumber").get<int64_t>();
  for (const Json& one : json.at("versions")) publications.versions.push_back(read_version(one));
  for (const Json& one : json.at("aliases")) publications.aliases.push_back(read_alias(one));
  return publications;
}

std::optional<QualifiedArn> parse_qualified(std::string_view arn) {
  constexpr std::string_view prefix = "stateMachine:";
  const Arn parts = parse_arn(arn);
  if (parts.service != "states" || !parts.rest.starts_with(prefix)) return std::nullopt;
  const size_t colon = parts.rest.find(':', prefix.size());
  const size_t cut = colon == std::string::npos ? 0 : parts.rest.size() - colon;
  QualifiedArn qualified{{parts.account, parts.region}, std::string(arn), {}};
  qualified.machine_arn.resize(arn.size() - cut);
  if (cut > 0) qualified.qualifier = parts.rest.substr(colon + 1);
  return qualified;
}

std::optional<int64_t> version_number(std::string_view qualifier) {
  int64_t number = 0;
  const char* end = qualifier.data() + qualifier.size();
  const auto [read, wrong] = std::from_chars(qualifier.data(), end, number);
  if (wrong != std::errc() || read != end || number <= 0) return std::nullopt;
  return number;
}

std::string qualified_arn(std::string_view machine_arn, std::string_view qualifier) {
  return std::string(machine_arn).append(":").append(qualifier);
}

Result<StartTarget> start_target(const StateMachines& machines, const std::string& arn,
                                 const std::function<uint64_t()>& draw) {
  const auto qualified = parse_qualified(arn);
  const auto record = qualified ? machines.find(qualified->machine_arn) : nullptr;
  if (!record) return does_not_exist(arn);
  if (record->deleting()) return state_machine_deleting(arn);
  StartTarget target;
  target.tenant = record->tenant;
  auto& identity = target.identity;
  identity.machine_arn = record->arn;
  identity.machine_name = record->name;
  identity.role_arn = record->role_arn;
  identity.definition_hash = record->definition_hash;
  identity.type = record->type;
  if (qualified->qualifier.empty()) return target;
  if (!record->published) return does_not_exist(arn);
  const Publications& published = *record->published;
  auto number = version_number(qualified->qualifier);
  if (!number) {
    const StateMachineAlias* alias = published.alias(qualified->qualifier);
    if (alias == nullptr) return does_not_exist(arn);
    identity.alias_arn = arn;
    number = picked(*alias, draw);
  }
  const StateMachineVersion* version = published.version(*number);
  if (version == nullptr) return does_not_exist(arn);
  identity.version_arn = qualified_arn(record->arn, std::to_string(*number));
  identity.role_arn = version->role_arn;
  identity.definition_hash = version->definition_hash;
  return target;
}

Result<int64_t> publish(StateMachineRecord& record, const std::string& description,
                        int64_t now_ms) {
  Publications published = copy_of(record);
  if (!published.versions.empty() && published.versions.back().revision_id == record.revision_id) {
    return published.versions.back().number;
  }
  if (published.versions.size() >= max_versions) return quota("versions", max_versions);
  StateMachineVersion version{++published.last_number,
                              record.definition_hash,
                              record.role_arn,
                              record.revision_id,
                              description,
                              now_ms,
                              record.settings.is_object() ? record.settings : Json::object()};
  version.settings.erase("tags");
  published.versions.push_back(std::move(version));
  const int64_t number = published.last_number;
  store(record, std::move(published));
  return number;
}

Result<> remove_version(StateMachineRecord& record, int64_t number) {
  Publications published = copy_of(record);
  std::string pointing;
  for (const StateMachineAlias& alias : published.aliases) {
    for (const auto& route : alias.routes) {
      if (route.version != number) continue;
      if (!pointing.empty()) pointing += ", ";
      pointing += alias.name;
    }
  }
  if (!pointing.empty()) {
    return Error{ErrorKind::conflict, "ConflictException",
                 "Version to be deleted must not be referenced by an alias. Current list of "
                 "aliases referencing this version: [" +
                     pointing + "]"};
  }
  std::erase_if(published.versions, [number](const auto& v) { return v.number == number; });
  store(record, std::move(published));
  return {};
}

Result<> add_alias(StateMachineRecord& record, StateMachineAlias alias, int64_t now_ms) {
  Publications published = copy_of(record);
  if (const StateMachineAlias* known = published.alias(alias.name)) {
    if (known->description == alias.description && known->routes == alias.routes) return {};
    return Error{ErrorKind::conflict, "ConflictException",
                 "Failed to create alias because an alias with the same name and a different "
                 "routing configuration already exists."};
  }
  if (published.aliases.size() >= max_aliases) return quota("aliases", max_aliases);
  alias.created_ms = alias.updated_ms = now_ms;
  const auto place = place_of(published.aliases, alias.name);
  published.aliases.insert(place, std::move(alias));
  store(record, std::move(published));
  return {};
}

Result<> update_alias(StateMachineRecord& record, const std::string& name, AliasUpdate update,
                      int64_t now_ms) {
  Publications published = copy_of(record);
  const auto alias = place_of(published.aliases, name);
  if (alias == published.aliases.end() || alias->name != name) return no_such_resource();
  if (update.description) alias->description = std::move(*update.description);
  if (update.routes) alias->routes = std::move(*update.routes);
  alias->updated_ms = now_ms;
  store(record, std::move(published));
  return {};
}

void remove_alias(StateMachineRecord& record, std::string_view name) {
  Publications published = copy_of(record);
  std::erase_if(published.aliases, [name](const auto& alias) { return alias.name == name; });
  store(record, std::move(published));
}

Error state_machine_deleting(std::string_view arn) {
  return {ErrorKind::conflict, "StateMachineDeleting",
          "State Machine is deleting: '" + std::string(arn) + "'"};
}

Error no_such_resource() {
  return {ErrorKind::not_found, "ResourceNotFound",
          "Request references a resource that does not exist."};
}

}  // namespace perdure::engine
