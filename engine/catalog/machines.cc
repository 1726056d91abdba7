#include "engine/catalog/machines.h"

#include <utility>

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"

namespace perdure::engine {
namespace {

Json to_json(const StateMachineRecord& record) {
  return Json{{"arn", record.arn},
              {"type", record.type == asl::MachineType::express ? "EXPRESS" : "STANDARD"},
              {"definition", record.definition_hash},
              {"role_arn", record.role_arn},
              {"revision_id", record.revision_id},
              {"created_ms", record.created_ms},
              {"updated_ms", record.updated_ms},
              {"settings", record.settings}};
}

// The text of the definition is a document of its own, shared by all that run it.
Result<StateMachineRecord> from_document(const Document& document, const Documents& definitions) {
  PD_TRY(json, parse_json(document.json));
  const auto text = [&](const char* name) { return json.value(name, std::string()); };
  StateMachineRecord record;
  record.tenant = document.tenant;
  record.name = document.name;
  record.arn = text("arn");
  record.type = text("type") == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
  record.definition_hash = text("definition");
  record.role_arn = text("role_arn");
  record.revision_id = text("revision_id");
  record.created_ms = json.value("created_ms", int64_t{0});
  record.updated_ms = json.value("updated_ms", int64_t{0});
  record.settings = json.value("settings", Json::object());
  const auto definition = definitions.find({}, record.definition_hash);
  if (!definition) return internal_error("The definition of " + record.arn + " is missing.");
  record.definition = definition->json;
  return record;
}

Error already_exists(const std::string& arn) {
  return Error{ErrorKind::conflict, "StateMachineAlreadyExists",
               "State Machine Already Exists: '" + arn + "'"};
}

Error does_not_exist(const std::string& arn) {
  return Error{ErrorKind::not_found, "StateMachineDoesNotExist",
               "State Machine Does Not Exist: '" + arn + "'"};
}

bool same_request(const StateMachineRecord& a, const StateMachineRecord& b) {
  return a.definition == b.definition && a.type == b.type && a.role_arn == b.role_arn &&
         a.settings == b.settings;
}

}  // namespace

Machines::Machines(DocumentWriter& writer, const Clock& clock, std::function<std::string()> uuid)
    : clock_(clock),
      uuid_(std::move(uuid)),
      definitions_("definition", writer),
      documents_("state_machine", writer) {}

Result<> Machines::load(Store& store) {
  PD_CHECK(definitions_.load(store));
  PD_CHECK(documents_.load(store));
  for (const Document& document : documents_.all()) {
    PD_TRY(record, from_document(document, definitions_));
    machines_[record.arn] = {std::make_shared<const StateMachineRecord>(std::move(record)),
                             document.revision};
  }
  return {};
}

void Machines::create(StateMachineRecord record, Done done) {
  if (record.settings.is_null()) record.settings = Json::object();
  if (const auto known = find(record.arn)) {
    if (same_request(*known, record)) return done(*known);
    return done(already_exists(record.arn));
  }
  record.definition_hash = hex(sha256(record.definition));
  record.created_ms = record.updated_ms = clock_.now_ms();
  if (record.revision_id.empty()) record.revision_id = uuid_();
  store(std::move(record), 0,
        [this, done = std::move(done)](Result<StateMachineRecord> stored,
                                       const StateMachineRecord& wanted) {
          if (stored || stored.error().kind != ErrorKind::conflict) return done(std::move(stored));
          // Somebody created it at the same moment.
          const auto known = find(wanted.arn);
          if (known && same_request(*known, wanted)) return done(*known);
          done(already_exists(wanted.arn));
        });
}

void Machines::update(std::string arn, Update update, Done done) {
  StateMachineRecord record;
  int64_t revision = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto known = machines_.find(arn);
    if (known == machines_.end()) return done(does_not_exist(arn));
    record = *known->second.record;
    revision = known->second.revision;
  }
  if (update.definition) {
    record.definition = *update.definition;
    record.definition_hash = hex(sha256(record.definition));
  }
  if (update.role_arn) record.role_arn = *update.role_arn;
  if (update.settings.is_object()) record.settings.update(update.settings);
  record.updated_ms = clock_.now_ms();
  record.revision_id = uuid_();
  store(std::move(record), revision,
        [done = std::move(done)](Result<StateMachineRecord> stored, const StateMachineRecord&) {
          done(std::move(stored));
        });
}

// The definition goes first: the committer keeps the order, so that no machine is without its text.
void Machines::store(StateMachineRecord record, int64_t revision, Stored done) {
  definitions_.put({}, record.definition_hash, record.definition, std::nullopt,
                   [](Result<int64_t>) {});
  std::string json = dump_json(to_json(record));
  const Tenant tenant = record.tenant;
  std::string name = record.name;
  documents_.put(tenant, std::move(name), std::move(json), revision,
                 [this, record = std::move(record), done = std::move(done)](Result<int64_t> now) {
                   if (!now) return done(now.error(), record);
                   remember(record, *now);
                   done(record, record);
                 });
}

void Machines::remember(const StateMachineRecord& record, int64_t revision) {
  const std::lock_guard lock(mutex_);
  Known& known = machines_[record.arn];
  if (known.revision > revision) return;
  known = {std::make_shared<const StateMachineRecord>(record), revision};
}

void Machines::remove(std::string arn, std::function<void(Result<bool>)> done) {
  const auto record = find(arn);
  if (!record) return done(true);
  documents_.remove(record->tenant, record->name, std::nullopt,
                    [this, arn, done = std::move(done)](Result<int64_t> removed) {
                      if (!removed) return done(removed.error());
                      {
                        const std::lock_guard lock(mutex_);
                        machines_.erase(arn);
                      }
                      done(true);
                    });
}

std::optional<StateMachineRecord> Machines::find(std::string_view arn) const {
  const auto shared = find_shared(arn);
  if (!shared) return std::nullopt;
  return *shared;
}

std::shared_ptr<const StateMachineRecord> Machines::find_shared(std::string_view arn) const {
  const std::lock_guard lock(mutex_);
  const auto known = machines_.find(arn);
  return known == machines_.end() ? nullptr : known->second.record;
}

std::vector<StateMachineRecord> Machines::list(const Tenant& tenant) const {
  std::vector<StateMachineRecord> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [arn, known] : machines_) {
    if (known.record->tenant == tenant) found.push_back(*known.record);
  }
  return found;
}

std::shared_ptr<const asl::StateMachine> Machines::parsed(std::string_view definition_hash) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = parsed_.find(definition_hash);
    if (known != parsed_.end()) return known->second;
  }
  const auto text = definition(definition_hash);
  if (!text) return nullptr;
  auto machine = asl::load_definition(*text);
  if (!machine) return nullptr;
  const std::lock_guard lock(mutex_);
  return parsed_.emplace(definition_hash, std::move(machine)).first->second;
}

std::optional<std::string> Machines::definition(std::string_view definition_hash) const {
  const auto document = definitions_.find({}, definition_hash);
  if (!document) return std::nullopt;
  return document->json;
}

}  // namespace perdure::engine
