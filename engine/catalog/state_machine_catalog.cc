#include "engine/catalog/state_machine_catalog.h"

#include "asl/value/value.h"
#include "base/hash.h"
#include "engine/catalog/publications.h"
#include "engine/execution_log.h"

namespace perdure::engine {
namespace {

// Definitions belong to nobody: equal texts are stored once, whoever they come from.
const Tenant everybody{"", ""};

std::string hash_of(const std::string& definition) { return hex(sha256(definition)); }

std::string to_document(const StateMachineRecord& record) {
  Json json = {{"type", static_cast<int>(record.type)},
               {"definitionHash", record.definition_hash},
               {"roleArn", record.role_arn},
               {"revisionId", record.revision_id},
               {"status", record.status},
               {"createdMs", record.created_ms},
               {"updatedMs", record.updated_ms},
               {"creation", record.creation},
               {"settings", record.settings}};
  if (record.published) json["published"] = to_json(*record.published);
  return dump_json(json);
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
  // Earlier versions did not write these.
  record.status = json->value("status", record.status);
  record.creation = json->value("creation", record.creation);
  if (const auto published = json->find("published"); published != json->end()) {
    record.published = std::make_shared<const Publications>(read_publications(*published));
  }
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

bool same_settings(const Json& a, const Json& b) { return without_tags(a) == without_tags(b); }

// What CreateStateMachine compares when the name exists: not the role, not the tags.
bool same_machine(const StateMachineRecord& a, const StateMachineRecord& b) {
  return a.type == b.type && a.definition == b.definition &&
         same_settings(a.settings, b.settings) && a.creation == b.creation;
}

Error does_not_exist(const std::string& arn) {
  return {ErrorKind::not_found, "StateMachineDoesNotExist",
          "State Machine Does Not Exist: '" + arn + "'"};
}

Error already_exists(const std::string& arn) {
  return {ErrorKind::conflict, "StateMachineAlreadyExists",
          "State Machine Already Exists: '" + arn + "'"};
}

std::string_view name_in(std::string_view arn) { return arn.substr(arn.rfind(':') + 1); }

}  // namespace

StateMachineCatalog::StateMachineCatalog(DocumentWriter& writer, const Clock& clock,
                                         NewId new_revision_id, LoadDefinition load_definition)
    : clock_(clock),
      new_revision_id_(std::move(new_revision_id)),
      load_definition_(std::move(load_definition)),
      machines_("state_machine", writer),
      definitions_("definition", writer) {}

Result<> StateMachineCatalog::load(Store& store) {
  store_ = &store;
  PD_CHECK(definitions_.load(store));
  return machines_.load(store);
}

void StateMachineCatalog::create(StateMachineRecord record, Done done) {
  record.arn = state_machine_arn(record.tenant, record.name);
  if (const auto existing = find(record.arn)) {
    if (existing->deleting()) return done(state_machine_deleting(record.arn));
    return same_machine(*existing, record) ? done(*existing) : done(already_exists(record.arn));
  }
  record.definition_hash = hash_of(record.definition);
  record.created_ms = record.updated_ms = clock_.now_ms();
  // Two equal requests at once: the one that comes second finds what the first has made.
  const auto wanted = std::make_shared<const StateMachineRecord>(std::move(record));
  write(wanted, 0, [this, wanted, done = std::move(done)](Result<StateMachineRecord> written) {
    if (written || written.error().kind != ErrorKind::conflict) return done(std::move(written));
    const auto existing = find(wanted->arn);
    if (existing && same_machine(*existing, *wanted)) return done(*existing);
    done(already_exists(wanted->arn));
  });
}

void StateMachineCatalog::update(std::string arn, Update update, Done done) {
  const auto apply = [this, update = std::move(update)](StateMachineRecord& record) -> Result<> {
    const StateMachineRecord before = record;
    if (update.definition) {
      record.definition = *update.definition;
      record.definition_hash = hash_of(record.definition);
    }
    if (update.role_arn) record.role_arn = *update.role_arn;
    if (!record.settings.is_object()) record.settings = Json::object();
    if (update.settings.is_object()) {
      for (const auto& [key, value] : update.settings.items()) record.settings[key] = value;
    }
    // Tags are not part of what runs: they make no revision.
    const bool revised = record.definition_hash != before.definition_hash ||
                         record.role_arn != before.role_arn ||
                         !same_settings(record.settings, before.settings);
    if (revised) {
      record.revision_id = new_revision_id_();
      record.updated_ms = clock_.now_ms();
    }
    if (update.publish) PD_CHECK(publish(record, *update.publish, clock_.now_ms()));
    return {};
  };
  change(std::move(arn), apply, std::move(done));
}

void StateMachineCatalog::change(std::string arn, Change change, Done done) {
  const auto document = document_of(arn);
  const auto found = document ? find(arn) : nullptr;
  if (!found) return done(does_not_exist(arn));
  if (found->deleting()) return done(state_machine_deleting(arn));
  StateMachineRecord record = *found;
  if (auto changed = change(record); !changed) return done(changed.error());
  if (to_document(record) == document->json) return done(std::move(record));
  const auto again = [this, arn, change, done](Result<StateMachineRecord> written) {
    const bool late = !written && written.error().kind == ErrorKind::conflict;
    late ? this->change(arn, change, done) : done(std::move(written));
  };
  write(std::make_shared<const StateMachineRecord>(std::move(record)), document->revision, again);
}

void StateMachineCatalog::remove(std::string arn, std::function<void(Result<bool>)> done) {
  const auto record = find(arn);
  if (!record || record->deleting()) return done(record != nullptr);
  if (has_open(*record)) {
    const auto begin = [](StateMachineRecord& deleted) -> Result<> {
      deleted.status = "DELETING";
      deleted.published.reset();
      return {};
    };
    return change(std::move(arn), begin, [done = std::move(done)](Result<StateMachineRecord> now) {
      done(now ? Result<bool>(true) : Result<bool>(now.error()));
    });
  }
  machines_.remove(record->tenant, record->name, std::nullopt,
                   [done = std::move(done)](Result<int64_t> revision) {
                     if (!revision) return done(std::move(revision).error());
                     done(true);
                   });
}

void StateMachineCatalog::keep_definition(std::string text,
                                          std::function<void(Result<std::string>)> done) {
  std::string hash = hash_of(text);
  if (definitions_.find(everybody, hash)) return done(std::move(hash));
  definitions_.put(everybody, hash, std::move(text), std::nullopt,
                   [hash, done = std::move(done)](Result<int64_t> revision) {
                     if (!revision) return done(std::move(revision).error());
                     done(hash);
                   });
}

void StateMachineCatalog::write(RecordPtr record, std::optional<int64_t> expected_revision,
                                Done done) {
  if (definitions_.find(everybody, record->definition_hash)) {
    return write_record(std::move(record), expected_revision, std::move(done));
  }
  definitions_.put(
      everybody, record->definition_hash, record->definition, std::nullopt,
      [this, record, expected_revision, done = std::move(done)](Result<int64_t> revision) mutable {
        if (!revision) return done(std::move(revision).error());
        write_record(record, expected_revision, std::move(done));
      });
}

void StateMachineCatalog::write_record(RecordPtr record, std::optional<int64_t> expected_revision,
                                       Done done) {
  machines_.put(record->tenant, record->name, to_document(*record), expected_revision,
                [this, record, done = std::move(done)](Result<int64_t> revision) {
                  if (!revision) return done(std::move(revision).error());
                  {
                    const std::lock_guard lock(mutex_);
                    remember(record, *revision);
                  }
                  done(*record);
                });
}

std::optional<Document> StateMachineCatalog::document_of(std::string_view arn) const {
  const auto qualified = parse_qualified(arn);
  if (!qualified || !qualified->qualifier.empty()) return std::nullopt;
  return machines_.find(qualified->tenant, name_in(arn));
}

bool StateMachineCatalog::has_open(const StateMachineRecord& record) const {
  if (store_ == nullptr) return false;
  const auto open = store_->count_open(record.tenant, record.arn);
  return open && *open > 0;
}

// One that was being deleted goes when it is looked for after its last execution has ended.
std::shared_ptr<const StateMachineRecord> StateMachineCatalog::find(std::string_view arn) const {
  const auto found = known(arn);
  if (!found) return nullptr;
  const StateMachineRecord& record = *found->record;
  if (record.deleting() && !has_open(record)) {
    machines_.remove(record.tenant, record.name, found->revision, [](Result<int64_t>) {});
    return nullptr;
  }
  return found->record;
}

std::shared_ptr<const LogTarget> StateMachineCatalog::log_target(std::string_view arn) const {
  const auto found = known(arn);
  return found ? found->log_target : nullptr;
}

// Starts ask for their machine: what its document says is read once a revision, and not at all by
// the process that has written it.
std::shared_ptr<const StateMachineCatalog::Known> StateMachineCatalog::known(
    std::string_view arn) const {
  const auto qualified = parse_qualified(arn);
  if (!qualified || !qualified->qualifier.empty()) return nullptr;
  const auto revision = machines_.revision(qualified->tenant, name_in(arn));
  if (!revision) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(arn);
  if (found != records_.end() && found->second->revision == *revision) return found->second;
  const auto document = machines_.find(qualified->tenant, name_in(arn));
  if (!document) return nullptr;
  return remember(
      std::make_shared<const StateMachineRecord>(from_document(*document, definitions_)),
      document->revision);
}

std::shared_ptr<const StateMachineCatalog::Known> StateMachineCatalog::remember(
    RecordPtr record, int64_t revision) const {
  auto known = std::make_shared<const Known>(revision, record, read_log_target(record->settings));
  records_.insert_or_assign(record->arn, known);
  return known;
}

std::vector<StateMachineRecord> StateMachineCatalog::list(const Tenant& tenant) const {
  std::vector<StateMachineRecord> records;
  for (const Document& document : machines_.list(tenant)) {
    if (const auto record = find(state_machine_arn(document.tenant, document.name))) {
      records.push_back(*record);
    }
  }
  return records;
}

// "HASH/STATE" is the item processor of that Map state: what the children of its map runs run.
std::shared_ptr<const asl::StateMachine> StateMachineCatalog::parse_known(
    std::string_view definition_hash) const {
  const size_t slash = definition_hash.find('/');
  const auto text = definition_text(definition_hash.substr(0, slash));
  if (!text) return nullptr;
  auto machine = load_definition_(*text);
  if (!machine || slash == std::string_view::npos) return machine;
  auto nested = processor_text(*text, definition_hash.substr(slash + 1));
  if (!nested) return nullptr;
  // The states inside go by the language of the whole machine.
  if (machine->graph.query_language == asl::QueryLanguage::jsonata) {
    nested->insert(1, R"("QueryLanguage":"JSONata",)");
  }
  return load_definition_(*nested);
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
