#pragma once
// Schedules over documents and due rows. A schedule's document and its due row change in one
// transaction; a firing starts an execution whose name follows from (schedule, revision, time), so
// that a firing that is repeated after a crash finds it started.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/catalog/documents.h"
#include "engine/committer.h"
#include "engine/engine.h"
#include "engine/invocations.h"
#include "engine/mutant.h"
#include "engine/schedules/expression.h"
#include "engine/schedules/schedules.h"
#include "engine/timers.h"

namespace perdure::engine {

// All outlive the scheduler. `runner` is where firings are handled.
struct SchedulerParts {
  const Clock& clock;
  Runner& runner;
  Committer& committer;
  Timers& timers;
  Engine& engine;
  Invocations& invocations;
  Mutant mutant = Mutant::none;
};

class Scheduler final : public Schedules {
 public:
  explicit Scheduler(SchedulerParts parts);

  Result<> load(Store& store);
  void fire(const ActorDue& due);  // on the runner

  void create(Schedule schedule, Done<Schedule> done) override;
  void update(Schedule schedule, Done<Schedule> done) override;
  void remove(const Tenant& tenant, std::string group, std::string name, Done<bool> done) override;
  Result<Schedule> find(const Tenant& tenant, std::string_view group,
                        std::string_view name) const override;
  std::vector<Schedule> list(const Tenant& tenant, std::string_view group) const override;
  void create_group(const Tenant& tenant, std::string name, Done<ScheduleGroup> done) override;
  void remove_group(const Tenant& tenant, std::string name, Done<bool> done) override;
  std::vector<ScheduleGroup> groups(const Tenant& tenant) const override;

 private:
  // Hands a document write to the committer together with the append that belongs to it.
  class PairedWriter final : public DocumentWriter {
   public:
    explicit PairedWriter(Committer& committer) : committer_(committer) {}
    void write(DocumentWrite write, std::function<void(Result<int64_t>)> done) override;
    Append append;  // of the next write; the caller holds the scheduler's write lock

   private:
    Committer& committer_;
  };
  struct Known {
    Tenant tenant;
    std::string name;  // of its document
    std::shared_ptr<const Schedule> read;
  };
  // A time at which a schedule fires, and how often that has been tried.
  struct Firing {
    ActorKey key;
    int64_t revision = 0;
    int64_t time_ms = 0;
    int64_t attempt = 0;
  };

  Result<ScheduleExpression> check(const Schedule& schedule) const;
  void put(Schedule schedule, int64_t expected_revision, bool create, Done<Schedule> done);
  bool has_group(const Tenant& tenant, std::string_view name) const;
  std::shared_ptr<const Schedule> known(const ActorKey& key) const;  // null: none
  void remember(const Schedule& schedule);
  void forget(const Schedule& schedule);

  // firing.cc
  static std::optional<int64_t> next_of(const Schedule& schedule, int64_t after_ms);
  void attempt(const Firing& firing);
  void start(const Schedule& schedule, const Firing& firing);
  void settle(const Firing& firing, const Result<>& outcome);
  void go_on(const Schedule& schedule, int64_t after_ms);

  const SchedulerParts parts_;
  PairedWriter writer_;
  Documents documents_;
  Documents groups_;
  std::mutex write_mutex_;  // one change at a time: see PairedWriter
  mutable std::mutex mutex_;
  mutable std::map<ActorKey, Known> known_;
  std::set<ActorKey> firing_;  // the runner's only
};

// The execution (and invocation) that a firing starts: a UUID made of what the firing is.
std::string firing_name(std::string_view schedule_arn, int64_t revision, int64_t time_ms);
// The target's input with <aws.scheduler.scheduled-time> and its kin filled in.
std::string filled_in_input(const Schedule& schedule, int64_t time_ms,
                            std::string_view execution_id, int64_t attempt);

}  // namespace perdure::engine
