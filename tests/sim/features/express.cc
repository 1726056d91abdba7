// EXPRESS executions: asynchronous ones run at least once, synchronous ones answer or are lost with
// the process.
#include <map>
#include <set>

#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

class Express final : public Feature {
 public:
  explicit Express(World& world) : world_(world) {
    world.watch_express(
        [this](const asl::Execution& execution, const std::vector<asl::Entry>& entries) {
          watch(execution, entries);
        });
  }

  void act(Chance& chance) override {
    const Definition& machine = *chance.one_of(world_.express_machines());
    engine::StartRequest request;
    request.state_machine_arn = machine.arn;
    request.input = R"({"list":[{"a":1}]})";
    if (chance.percent(40)) return start_and_wait(machine, std::move(request));
    world_.engine()->start_execution(std::move(request), [this](Result<engine::Started> started) {
      if (!started) return;
      const std::string& arn = started->execution_arn;
      world_.note("express", hash_text(arn), "{} was acknowledged", arn);
      // One that ended in its first burst has no row and needs none.
      const bool durable =
          world_.ledger().was_created(engine::actor_key(arn)) || ended_.contains(arn);
      world_.require(durable, "no start is acknowledged before it is durable", arn);
      acknowledged_.insert(arn);
    });
  }

  void check_end() override {
    for (const std::string& arn : acknowledged_) {
      // A crash right after the last commit leaves nobody to tell of the end.
      const engine::ActorKey key = engine::actor_key(arn);
      const bool removed = world_.ledger().was_created(key) && !world_.ledger().find(key);
      world_.require(removed || ended_.contains(arn),
                     "acknowledged EXPRESS executions run to an end", arn);
    }
  }

 private:
  void start_and_wait(const Definition& machine, engine::StartRequest request) {
    const std::string input = request.input;
    world_.engine()->start_sync_execution(
        std::move(request), [this, &machine, input](Result<engine::Closed> closed) {
          if (!closed || disturbed_.contains(closed->execution_arn)) return;
          const Ending& ending = world_.library().ending(machine, input);
          world_.require(closed->status == ending.status && closed->output.text() == ending.output,
                         "the output is that of the fault-free run", closed->execution_arn);
        });
  }

  void watch(const asl::Execution& execution, const std::vector<asl::Entry>& entries) {
    const std::string& arn = execution.identity().arn;
    for (const asl::Entry& entry : entries) {
      const bool timed_out = entry.type == asl::EntryType::LambdaFunctionTimedOut ||
                             entry.type == asl::EntryType::ExecutionTimedOut;
      const bool foreign = entry.type == asl::EntryType::LambdaFunctionFailed &&
                           entry.text(asl::Field::error) != scripted_error;
      if (foreign || timed_out) disturbed_.insert(arn);
    }
    if (execution.closed()) ended_.insert(arn);
  }

  World& world_;
  std::set<std::string> acknowledged_, ended_, disturbed_;
};

}  // namespace

std::unique_ptr<Feature> make_express(World& world) { return std::make_unique<Express>(world); }

}  // namespace perdure::sim
