// State machines that come, change and go while their executions run.
#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

class Definitions final : public Feature {
 public:
  explicit Definitions(World& world) : world_(world) {}

  void booted() override {
    for (const Definition* machine : world_.machines()) {
      const auto stored = document(*machine);
      // One that is being deleted is there until its last execution has ended.
      const bool leaving = stored && stored->json.find("\"DELETING\"") != std::string::npos;
      const bool known = world_.assembly()->engine().state_machines().find(machine->arn) != nullptr;
      world_.require(leaving || stored.has_value() == known, "definitions survive", machine->name);
    }
  }

  void act(Chance& chance) override {
    const Definition& machine = *chance.one_of(world_.machines());
    const bool known = world_.engine()->state_machines().find(machine.arn) != nullptr;
    if (!known) return create(machine);
    if (chance.percent(80)) return update(machine, *chance.one_of(world_.machines()));
    // The first one stays: schedules start it.
    if (&machine != world_.machines().front()) remove(machine);
  }

 private:
  void create(const Definition& machine) {
    world_.create_machine(machine, [this, &machine](Result<engine::StateMachineRecord> created) {
      if (!created) return;
      world_.require(document(machine).has_value(),
                     "no definition is acknowledged before it is durable", machine.name);
    });
  }

  void update(const Definition& machine, const Definition& other) {
    engine::StateMachines::Update update;
    update.definition = other.text;
    const int64_t change = ++changes_;
    world_.engine()->state_machines().update(
        machine.arn, update,
        [this, &machine, &other, change](Result<engine::StateMachineRecord> updated) {
          if (!updated || change != changes_) return;  // a later one may have replaced it
          const auto stored = document(machine);
          world_.require(stored && stored->json.find(other.hash) != std::string::npos,
                         "no definition is acknowledged before it is durable", machine.name);
        });
  }

  void remove(const Definition& machine) {
    ++changes_;
    world_.engine()->state_machines().remove(machine.arn, [](Result<bool>) {});
  }

  std::optional<engine::Document> document(const Definition& machine) const {
    return world_.ledger().document("state_machine", machine.name);
  }

  World& world_;
  int64_t changes_ = 0;
};

}  // namespace

std::unique_ptr<Feature> make_definitions(World& world) {
  return std::make_unique<Definitions>(world);
}

}  // namespace perdure::sim
