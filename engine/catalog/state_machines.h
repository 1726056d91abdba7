#pragma once
// State machines by name, with their definitions pinned by hash.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asl/parse/parse.h"
#include "base/json.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

struct LogTarget;
struct Publications;

struct StateMachineRecord {
  Tenant tenant;
  std::string arn;
  std::string name;
  asl::MachineType type = asl::MachineType::standard;
  std::string definition;       // byte for byte as given
  std::string definition_hash;  // SHA-256, hexadecimal
  std::string role_arn;
  std::string revision_id;
  std::string status = "ACTIVE";
  bool deleting() const { return status == "DELETING"; }
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  Json settings;  // loggingConfiguration, tracingConfiguration, encryptionConfiguration, tags: as
                  // given
  Json creation = Json::object();  // publish and versionDescription, as CreateStateMachine had them
  std::shared_ptr<const Publications> published;  // null: no version was ever published
};

// Reads a definition that was accepted; null: it cannot be read.
using LoadDefinition = std::function<std::shared_ptr<const asl::StateMachine>(std::string_view)>;

// Safe from any thread. Writes complete once durable; reads see what is durable.
class StateMachines {
 public:
  virtual ~StateMachines() = default;

  // CreateStateMachine's rules: the same definition, type and settings again give the same record;
  // else StateMachineAlreadyExists. The definition must have been validated.
  virtual void create(StateMachineRecord record,
                      std::function<void(Result<StateMachineRecord>)> done) = 0;
  struct Update {
    std::optional<std::string> definition;
    std::optional<std::string> role_arn;
    Json settings;                       // members given replace the stored ones
    std::optional<std::string> publish;  // a version of the result, with this description
  };
  // What is the same as before makes no new revision.
  virtual void update(std::string arn, Update update,
                      std::function<void(Result<StateMachineRecord>)> done) = 0;
  // Everything else about a machine: `change` gets the record as it is, and may refuse. It may be
  // called again, when somebody else was faster. Errors: those of `change`,
  // StateMachineDoesNotExist, StateMachineDeleting.
  using Change = std::function<Result<>(StateMachineRecord&)>;
  virtual void change(std::string arn, Change change,
                      std::function<void(Result<StateMachineRecord>)> done) = 0;
  // An unknown ARN succeeds. Running executions go on with the definition they have pinned; until
  // the last of them has ended the machine is there, with the status DELETING and without versions
  // and aliases.
  virtual void remove(std::string arn, std::function<void(Result<bool>)> done) = 0;

  // As it was at its last revision; null: unknown.
  virtual std::shared_ptr<const StateMachineRecord> find(std::string_view arn) const = 0;
  virtual std::vector<StateMachineRecord> list(const Tenant& tenant) const = 0;  // by name

  // Keeps a definition that no machine has; completes with its hash. It must have been validated.
  virtual void keep_definition(std::string text, std::function<void(Result<std::string>)> done) = 0;

  // Where the machine's executions are logged, cached; null if they are not, or it is unknown.
  virtual std::shared_ptr<const LogTarget> log_target(std::string_view arn) const = 0;

  // Parsed, cached, by the hash of the definition's text; null if unknown.
  virtual std::shared_ptr<const asl::StateMachine> parsed(std::string_view definition_hash) = 0;
};

}  // namespace perdure::engine
