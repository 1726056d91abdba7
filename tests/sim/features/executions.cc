// Starts, the same names again, stops, waiters and reads of STANDARD executions.
#include <map>
#include <set>

#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

class Executions final : public Feature {
 public:
  explicit Executions(World& world) : world_(world) {}

  void act(Chance& chance) override {
    switch (chance.below(8)) {
      case 0:
        return again(chance);
      case 1:
        return stop(chance);
      case 2:
        return wait(chance);
      case 3:
        return describe(chance);
      default:
        return start_new(chance);
    }
  }

 private:
  struct Begun {
    std::string machine_arn, name, input, arn;
  };

  const Held* durable(const std::string& arn) const {
    return world_.ledger().find(engine::actor_key(arn));
  }

  void start_new(Chance& chance) {
    const Definition& machine = *chance.one_of(world_.machines());
    Begun begun;
    begun.machine_arn = machine.arn;
    begun.name = "e" + std::to_string(begun_.size());
    begun.input = chance.one_of<std::string>(
        {R"({"list":[{"a":1},{"b":2}]})", R"({"list":[{"a":1}],"n":1})", R"({"list":[]})"});
    begun.arn = engine::execution_arn({}, machine.name, begun.name);
    begun_.push_back(begun);
    start(begun);
  }

  void start(const Begun& begun) {
    engine::StartRequest request;
    request.state_machine_arn = begun.machine_arn;
    request.name = begun.name;
    request.input = begun.input;
    world_.note("start", hash_text(begun.name), "{}", begun.arn);
    world_.engine()->start_execution(std::move(request), [this,
                                                          begun](Result<engine::Started> started) {
      const std::string word = started ? "started" : started.error().name;
      world_.note("started", hash_text(word), "{}: {}", begun.arn, word);
      if (started) {
        return world_.require(durable(started->execution_arn) != nullptr,
                              "no start is acknowledged before it is durable", begun.arn);
      }
      static const std::set<std::string> fine = {"StateMachineDoesNotExist", "StateMachineDeleting",
                                                 "ServiceUnavailable", "ThrottlingException"};
      if (word == "ExecutionAlreadyExists") {
        world_.require(durable(begun.arn) != nullptr, "only what exists is in the way", begun.arn);
      } else {
        world_.require(fine.contains(word), "starts fail for a reason", word);
      }
    });
  }

  // A caller who had no answer asks again; another one picks the same name by accident.
  void again(Chance& chance) {
    if (begun_.empty()) return start_new(chance);
    Begun begun = chance.one_of(begun_);
    if (chance.percent(30)) begun.input = R"({"other":true})";
    start(begun);
    if (chance.percent(50)) start(begun);
  }

  void stop(Chance& chance) {
    if (begun_.empty()) return;
    const std::string arn = chance.one_of(begun_).arn;
    world_.note("stop", hash_text(arn), "{}", arn);
    world_.engine()->stop_execution(arn, "Stopped", "by a caller", [this, arn](Result<int64_t> at) {
      const Held* held = durable(arn);
      if (!at) {
        return world_.require(at.error().name == "ExecutionDoesNotExist", "stops fail for a reason",
                              at.error().name);
      }
      world_.require(held != nullptr && held->fold->closed(),
                     "no stop is acknowledged before it is durable", arn);
    });
  }

  void wait(Chance& chance) {
    if (begun_.empty()) return;
    const std::string arn = chance.one_of(begun_).arn;
    world_.engine()->wait_closed(arn, [this, arn](Result<engine::Closed> closed) {
      if (!closed) {
        return world_.require(closed.error().name == "ExecutionDoesNotExist",
                              "waits fail for a reason", closed.error().name);
      }
      const Held* held = durable(arn);
      world_.require(held != nullptr && held->fold->status() == closed->status,
                     "an end is told after it is durable", arn);
    });
  }

  // What a reader sees is what no crash can take away.
  void describe(Chance& chance) {
    if (begun_.empty()) return;
    const std::string arn = chance.one_of(begun_).arn;
    const Held* held = durable(arn);
    const auto view = world_.engine()->describe_execution(arn);
    world_.require(view.has_value() == (held != nullptr), "readers see what is durable", arn);
    if (!view) return;
    const bool same = view->record.status == asl::status_name(held->fold->status()) &&
                      view->input.text() == held->input &&
                      view->output.text() == held->fold->output().text();
    world_.require(same, "readers see what is durable", arn);
    const auto page = world_.engine()->history(arn, 0, chance.percent(50), INT64_MAX);
    world_.require(page && page->events.size() == held->events.size(),
                   "readers see what is durable", arn + ", its history");
  }

  World& world_;
  std::vector<Begun> begun_;
};

}  // namespace

std::unique_ptr<Feature> make_executions(World& world) {
  return std::make_unique<Executions>(world);
}

}  // namespace perdure::sim
