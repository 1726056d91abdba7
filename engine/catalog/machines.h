#pragma once
// StateMachines over documents: one document a machine, one a definition's text.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "engine/catalog/documents.h"
#include "engine/catalog/state_machines.h"

namespace perdure::engine {

class Machines final : public StateMachines {
 public:
  // `uuid` is called from any thread.
  Machines(DocumentWriter& writer, const Clock& clock, std::function<std::string()> uuid);

  Result<> load(Store& store);  // before anything else

  using Done = std::function<void(Result<StateMachineRecord>)>;
  void create(StateMachineRecord record, Done done) override;
  void update(std::string arn, Update update, Done done) override;
  void remove(std::string arn, std::function<void(Result<bool>)> done) override;
  std::optional<StateMachineRecord> find(std::string_view arn) const override;
  std::vector<StateMachineRecord> list(const Tenant& tenant) const override;
  std::shared_ptr<const asl::StateMachine> parsed(std::string_view definition_hash) override;

  std::shared_ptr<const StateMachineRecord> find_shared(std::string_view arn) const;
  std::optional<std::string> definition(std::string_view definition_hash) const;

 private:
  using Stored = std::function<void(Result<StateMachineRecord>, const StateMachineRecord& wanted)>;
  struct Known {
    std::shared_ptr<const StateMachineRecord> record;
    int64_t revision = 0;
  };
  void store(StateMachineRecord record, int64_t revision, Stored done);
  void remember(const StateMachineRecord& record, int64_t revision);

  const Clock& clock_;
  const std::function<std::string()> uuid_;
  Documents definitions_;
  Documents documents_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> machines_;
  std::map<std::string, std::shared_ptr<const asl::StateMachine>, std::less<>> parsed_;
};

}  // namespace perdure::engine
