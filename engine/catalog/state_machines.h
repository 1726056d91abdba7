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
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  Json settings;  // loggingConfiguration, tracingConfiguration, encryptionConfiguration, tags: as
                  // given
};

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
    Json settings;  // members given replace the stored ones
  };
  virtual void update(std::string arn, Update update,
                      std::function<void(Result<StateMachineRecord>)> done) = 0;
  // An unknown ARN succeeds. Running executions go on with the definition they have pinned.
  virtual void remove(std::string arn, std::function<void(Result<bool>)> done) = 0;

  // As it was at its last revision; null: unknown.
  virtual std::shared_ptr<const StateMachineRecord> find(std::string_view arn) const = 0;
  virtual std::vector<StateMachineRecord> list(const Tenant& tenant) const = 0;  // by name

  // Where the machine's executions are logged, cached; null if they are not, or it is unknown.
  virtual std::shared_ptr<const LogTarget> log_target(std::string_view arn) const = 0;

  // Parsed, cached, by the hash of the definition's text; null if unknown.
  virtual std::shared_ptr<const asl::StateMachine> parsed(std::string_view definition_hash) = 0;
};

}  // namespace perdure::engine
