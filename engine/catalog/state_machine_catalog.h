#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "engine/catalog/documents.h"
#include "engine/catalog/state_machines.h"

namespace perdure::engine {

// StateMachines over documents: "state_machine" by name, "definition" by the hash of its text. A
// definition is written before the first machine that has it and is never removed: executions that
// have pinned it may outlive the machine.
class StateMachineCatalog final : public StateMachines {
 public:
  using NewId = std::function<std::string()>;  // revision ids; called from any thread
  StateMachineCatalog(DocumentWriter& writer, const Clock& clock, NewId new_revision_id,
                      LoadDefinition load_definition = asl::load_definition);
  Result<> load(Store& store);

  void create(StateMachineRecord record,
              std::function<void(Result<StateMachineRecord>)> done) override;
  void update(std::string arn, Update update,
              std::function<void(Result<StateMachineRecord>)> done) override;
  void change(std::string arn, Change change,
              std::function<void(Result<StateMachineRecord>)> done) override;
  void remove(std::string arn, std::function<void(Result<bool>)> done) override;
  void keep_definition(std::string text, std::function<void(Result<std::string>)> done) override;
  std::shared_ptr<const StateMachineRecord> find(std::string_view arn) const override;
  std::vector<StateMachineRecord> list(const Tenant& tenant) const override;
  std::shared_ptr<const LogTarget> log_target(std::string_view arn) const override;
  std::shared_ptr<const asl::StateMachine> parsed(std::string_view definition_hash) override;
  std::optional<std::string> definition_text(std::string_view definition_hash) const;

 private:
  using Done = std::function<void(Result<StateMachineRecord>)>;
  using RecordPtr = std::shared_ptr<const StateMachineRecord>;
  std::shared_ptr<const asl::StateMachine> parse_known(std::string_view definition_hash) const;
  // With the hash of its definition.
  void write(RecordPtr record, std::optional<int64_t> expected_revision, Done done);
  void write_record(RecordPtr record, std::optional<int64_t> expected_revision, Done done);
  std::optional<Document> document_of(std::string_view arn) const;
  bool has_open(const StateMachineRecord& record) const;

  const Clock& clock_;
  NewId new_revision_id_;
  const LoadDefinition load_definition_;
  Store* store_ = nullptr;
  mutable Documents machines_;  // what is being deleted goes when somebody finds it without work
  Documents definitions_;
  mutable std::mutex mutex_;  // of the caches below
  std::map<std::string, std::shared_ptr<const asl::StateMachine>, std::less<>> parsed_;  // by hash
  struct Known {
    int64_t revision;
    RecordPtr record;
    std::shared_ptr<const LogTarget> log_target;
  };
  std::shared_ptr<const Known> known(std::string_view arn) const;  // null: none
  std::shared_ptr<const Known> remember(RecordPtr record, int64_t revision) const;
  mutable std::map<std::string, std::shared_ptr<const Known>, std::less<>> records_;  // by ARN
};

}  // namespace perdure::engine
