#include "engine/catalog/state_machine_catalog.h"

#include "asl/value/value.h"
#include "base/hash.h"
#include "engine/execution_log.h"

namespace perdure::engine {
namespace {

// Definitions belong to nobody: equal texts are stored once, whoever they come from.
const Tenant everybody{"", ""};

std::string hash_of(const std::string& definition) { return hex(sha256(definition)); }

std::string to_document(const StateMachineRecord& record) {
  return dump_json({{"type", static_cast<int>(record.type)},
                    {"definitionHash", record.definition_hash},
                    {"roleArn", record.role_arn},
                    {"revisionId", record.revision_id},
                    {"createdMs", record.created_ms},
                    {"updatedMs", record.updated_ms},
                    {"settings", record.settings}});
}

StateMachineRecord from_document(const Document& document, const Documents& definitions) {
  const auto json = parse_json(document.json);
  PD_ASSERT(json.has_value());
  StateMachineRecord record;
  record.tenant = document.tenant;
  record.name = document.name;
  record.arn = state_machine_arn(document.tenant, document.name);
  record.type = static_cast<asl::MachineType>(json->at("type").get<int>());
  record.definition_hash = json->at("definitionHash").get<std::string>();
  record.role_arn = json->at("roleArn").get<std::string>();
  record.revision_id = json->at("revisionId").get<std::string>();
  record.created_ms = json->at("createdMs").get<int64_t>();
  record.updated_ms = json->at("updatedMs").get<int64_t>();
  record.settings = json->at("settings");
  const auto definition = definitions.find(everybody, record.definition_hash);
  PD_ASSERT(definition.has_value());
  record.definition = definition->json;
  return record;
}

// Of the Map state of this name, wherever in the definition; undefined: there is none.
asl::Value find_processor(const asl::Value& value, std::string_view state) {
  if (value.is(asl::Kind::array)) {
    for (const asl::Value& item : value.items()) {
      if (const auto found = find_processor(item, state); found.defined()) return found;
    }
  }
  if (!value.is(asl::Kind::object)) return {};
  const asl::Value states = value.get("States");
  const asl::Value map = states.is(asl::Kind::object) ? states.get(state) : asl::Value();
  if (map.is(asl::Kind::object)) {
    const asl::Value processor = map.get("ItemProcessor");
    return processor.defined() ? processor : map.get("Iterator");
  }
  for (const asl::Member& member : value.members()) {
    if (const auto found = find_processor(member.value, state); found.defined()) return found;
  }
  return {};
}

std::optional<std::string> processor_text(std::string_view definition, std::string_view state) {
  asl::Arena arena;
  const auto parsed = asl::parse_json(definition, arena);
  const asl::Value found = parsed ? find_processor(*parsed, state) : asl::Value();
  if (!found.defined()) return std::nullopt;
  return asl::to_json(found);
}

Json without_tags(Json settings) {
  if (settings.is_object()) settings.erase("tags");
  return settings;
}

// What CreateStateMachine compares when the name exists: not the role, not the tags.
bool same_machine(const StateMachineRecord& a, const StateMachineRecord& b) {
  return a.type == b.type && a.definition == b.definition &&
         without_tags(a.settings) == without_tags(b.settings);
}

struct MachineName {
  Tenant tenant;
  std::string name;
};

// Of "arn:aws:states:R:A:stateMachine:NAME"; nothing for another ARN.
std::optional<MachineName> machine_name(std::string_view arn) {
  constexpr std::string_view prefix = "stateMachine:";
  const Arn parts = parse_arn(arn);
  if (parts.service != "states" || !parts.rest.starts_with(prefix)) return std::nullopt;
  return MachineName{{parts.account, parts.region}, parts.rest.substr(prefix.size())};
}

Error does_not_exist(const std::string& arn) {
  return {ErrorKind::not_found, "StateMachineDoesNotExist",
          "State Machine Does Not Exist: '" + arn + "'"};
}

Error already_exists(const std::string& arn) {
  return {ErrorKind::conflict, "StateMachineAlreadyExists",
          "State Machine Already Exists: '" + arn + "'"};
}

}  // namespace

StateMachineCatalog::StateMachineCatalog(DocumentWriter& writer, const Clock& clock,
                                         NewId new_revision_id)
    : clock_(clock),
      new_revision_id_(std::move(new_revision_id)),
      machines_("state_machine", writer),
      definitions_("definition", writer) {}

Result<> StateMachineCatalog::load(Store& store) {
  PD_CHECK(definitions_.load(store));
  return machines_.load(store);
}

void StateMachineCatalog::create(StateMachineRecord record, Done done) {
  record.arn = state_machine_arn(record.tenant, record.name);
  if (const auto existing = find(record.arn)) {
    return same_machine(*existing, record) ? done(*existing) : done(already_exists(record.arn));
  }
  record.created_ms = record.updated_ms = clock_.now_ms();
  // Two equal requests at once: the one that comes second finds what the first has made.
  write(record, 0, [this, record, done = std::move(done)](Result<StateMachineRecord> written) {
    if (written || written.error().kind != ErrorKind::conflict) return done(std::move(written));
    const auto existing = find(record.arn);
    if (existing && same_machine(*existing, record)) return done(*existing);
    done(already_exists(record.arn));
  });
}

void StateMachineCatalog::update(std::string arn, Update update, Done done) {
  auto record = find(arn);
  if (!record) return done(does_not_exist(arn));
  // Tags are not part of what runs: they make no revision.
  const bool revised =
      update.definition || update.role_arn || !without_tags(update.settings).empty();
  if (update.definition) record->definition = std::move(*update.definition);
  if (update.role_arn) record->role_arn = std::move(*update.role_arn);
  if (update.settings.is_object()) {
    for (const auto& [key, value] : update.settings.items()) record->settings[key] = value;
  }
  if (revised) {
    record->revision_id = new_revision_id_();
    record->updated_ms = clock_.now_ms();
  }
  write(std::move(*record), std::nullopt, std::move(done));
}

void StateMachineCatalog::remove(std::string arn, std::function<void(Result<bool>)> done) {
  const auto name = machine_name(arn);
  if (!name) return done(false);
  machines_.remove(name->tenant, name->name, std::nullopt,
                   [done = std::move(done)](Result<int64_t> revision) {
                     if (!revision) return done(std::move(revision).error());
                     done(true);
                   });
}

void StateMachineCatalog::write(StateMachineRecord record, std::optional<int64_t> expected_revision,
                                Done done) {
  record.definition_hash = hash_of(record.definition);
  if (definitions_.find(everybody, record.definition_hash)) {
    return write_record(std::move(record), expected_revision, std::move(done));
  }
  definitions_.put(everybody, record.definition_hash, record.definition, std::nullopt,
                   [this, record, expected_revision, done](Result<int64_t> revision) {
                     if (!revision) return done(std::move(revision).error());
                     write_record(record, expected_revision, done);
                   });
}

void StateMachineCatalog::write_record(StateMachineRecord record,
                                       std::optional<int64_t> expected_revision, Done done) {
  machines_.put(record.tenant, record.name, to_document(record), expected_revision,
                [record, done = std::move(done)](Result<int64_t> revision) {
                  if (!revision) return done(std::move(revision).error());
                  done(record);
                });
}

std::optional<StateMachineRecord> StateMachineCatalog::find(std::string_view arn) const {
  const auto name = machine_name(arn);
  if (!name) return std::nullopt;
  const auto document = machines_.find(name->tenant, name->name);
  if (!document) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return known(*document).record;
}

std::shared_ptr<const LogTarget> StateMachineCatalog::log_target(std::string_view arn) const {
  const auto name = machine_name(arn);
  const auto document = name ? machines_.find(name->tenant, name->name) : std::nullopt;
  if (!document) return nullptr;
  const std::lock_guard lock(mutex_);
  return known(*document).log_target;
}

// Starts ask for their machine: what its document says is read once a revision.
const StateMachineCatalog::Known& StateMachineCatalog::known(const Document& document) const {
  const std::string arn = state_machine_arn(document.tenant, document.name);
  const auto found = records_.find(arn);
  if (found != records_.end() && found->second.revision == document.revision) return found->second;
  StateMachineRecord record = from_document(document, definitions_);
  auto target = read_log_target(record.settings);
  Known read{document.revision, std::move(record), std::move(target)};
  return records_.insert_or_assign(arn, std::move(read)).first->second;
}

std::vector<StateMachineRecord> StateMachineCatalog::list(const Tenant& tenant) const {
  std::vector<StateMachineRecord> records;
  for (const Document& document : machines_.list(tenant)) {
    const std::lock_guard lock(mutex_);
    records.push_back(known(document).record);
  }
  return records;
}

// "HASH/STATE" is the item processor of that Map state: what the children of its map runs run.
std::shared_ptr<const asl::StateMachine> StateMachineCatalog::parse_known(
    std::string_view definition_hash) const {
  const size_t slash = definition_hash.find('/');
  const auto text = definition_text(definition_hash.substr(0, slash));
  if (!text) return nullptr;
  auto machine = asl::load_definition(*text);
  if (!machine || slash == std::string_view::npos) return machine;
  auto nested = processor_text(*text, definition_hash.substr(slash + 1));
  if (!nested) return nullptr;
  // The states inside go by the language of the whole machine.
  if (machine->graph.query_language == asl::QueryLanguage::jsonata) {
    nested->insert(1, R"("QueryLanguage":"JSONata",)");
  }
  return asl::load_definition(*nested);
}

std::optional<std::string> StateMachineCatalog::definition_text(
    std::string_view definition_hash) const {
  const size_t slash = definition_hash.find('/');
  const auto document = definitions_.find(everybody, definition_hash.substr(0, slash));
  if (!document) return std::nullopt;
  if (slash == std::string_view::npos) return document->json;
  return processor_text(document->json, definition_hash.substr(slash + 1));
}

std::shared_ptr<const asl::StateMachine> StateMachineCatalog::parsed(
    std::string_view definition_hash) {
  const std::lock_guard lock(mutex_);
  const auto known = parsed_.find(definition_hash);
  if (known != parsed_.end()) return known->second;
  auto machine = parse_known(definition_hash);
  if (machine) parsed_.emplace(std::string(definition_hash), machine);
  return machine;
}

}  // namespace perdure::engine
