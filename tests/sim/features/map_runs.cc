// Distributed Maps: whatever happens to the process, each item is counted once, no child of type
// STANDARD exists twice, and every run ends.
#include <map>
#include <set>

#include "base/hash.h"
#include "engine/map_runs/map_run.h"
#include "engine/map_runs/notes.h"
#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

using engine::MapNote;
namespace map_note = engine::map_note;

constexpr auto succeeded = static_cast<int64_t>(engine::ChildStatus::succeeded);

class MapRuns final : public Feature {
 public:
  explicit MapRuns(World& world) : world_(world) {}

  void act(Chance& chance) override {
    if (begun_.empty() || chance.percent(50)) return start(chance);
    const std::string arn = chance.one_of(begun_);
    if (chance.percent(40)) return stop(arn);
    update(arn, chance);
  }

  bool settled() const override {
    for (const auto& [key, held] : world_.ledger().actors()) {
      const bool run = held.kind == engine::ActorKind::map_run;
      if (run && (!held.record || held.record->stop_ms == 0)) return false;
    }
    return true;
  }

  void check_end() override {
    for (const auto& [key, held] : world_.ledger().actors()) {
      if (held.kind == engine::ActorKind::map_run) check_run(held);
    }
  }

 private:
  void start(Chance& chance) {
    const char* const kind = chance.percent(50) ? "map" : "xmap";
    const Definition& machine =
        world_.library().get(kind, static_cast<int>(chance.below(Library::map_count)));
    if (!world_.engine()->state_machines().find(machine.arn)) {
      return world_.create_machine(machine, [](const auto&) {});
    }
    engine::StartRequest request;
    request.state_machine_arn = machine.arn;
    request.name = "r" + std::to_string(begun_.size());
    request.input = "[";
    for (int64_t i = chance.between(0, 12); i > 0; --i) {
      request.input += std::to_string(i) + (i > 1 ? "," : "");
    }
    request.input += "]";
    begun_.push_back(engine::execution_arn({}, machine.name, request.name));
    world_.note("map", hash_text(begun_.back()), "{} of {}", begun_.back(), request.input);
    world_.engine()->start_execution(std::move(request), [](const auto&) {});
  }

  void stop(const std::string& arn) {
    world_.engine()->stop_execution(arn, std::nullopt, std::nullopt, [](const auto&) {});
  }

  void update(const std::string& arn, Chance& chance) {
    const auto page = world_.engine()->list_map_runs(arn, 0, 1);
    if (!page || page->runs.empty()) return;
    world_.engine()->update_map_run(page->runs[0].arn, {.max_concurrency = chance.between(1, 8)},
                                    [](const auto&) {});
  }

  // Counted from the notes, one by one, apart from the engine's own fold.
  void check_run(const Held& held) const {
    std::map<int64_t, int64_t> sizes;  // items of the children, by index
    std::map<int64_t, int64_t> ended;  // what those have come to that do not run
    std::unique_ptr<engine::MapRun> run;
    for (const auto& [sequence, row] : held.rows) {
      auto notes = engine::decode_notes(row);
      world_.require(notes.has_value(), "rows can be read", held.record->arn);
      for (const MapNote& note : *notes) {
        if (const auto* began = std::get_if<map_note::Began>(&note)) {
          run = std::move(*engine::MapRun::begin(*began));
        } else if (const auto* started = std::get_if<map_note::ChildStarted>(&note)) {
          const auto index = static_cast<int64_t>(sizes.size());
          sizes[index] = started->items;
        } else if (const auto* end = std::get_if<map_note::ChildEnded>(&note)) {
          const bool once =
              sizes.contains(end->index) && ended.emplace(end->index, end->status).second;
          world_.require(once, "each child's end is counted once", held.record->arn);
        } else if (const auto* again = std::get_if<map_note::ChildRedriven>(&note)) {
          const auto before = ended.extract(again->index);
          const bool bad = before && before.mapped() != succeeded;
          world_.require(bad, "only children that ended badly are redriven", held.record->arn);
        }
        run->apply(note);
      }
    }
    for (const auto& [index, status] : ended) check_child(*run, index, status);
    int64_t items = 0;
    for (const auto& [index, size] : sizes) items += size;
    const std::string& arn = held.record->arn;
    world_.require(run->closed() && ended.size() == sizes.size(), "map runs end with no child left",
                   arn);
    world_.require(run->items().started() == items && run->items().running == 0 &&
                       run->items().started() + run->pending_items() == run->total_items() &&
                       run->items().succeeded == items_of(sizes, ended),
                   "the counts of a map run are those of its children", arn);
    if (run->status() == engine::MapRunStatus::succeeded) {
      world_.require(run->pending_items() == 0, "a map run that succeeds has left nothing", arn);
    }
  }

  // Items of the children that succeeded.
  static int64_t items_of(const std::map<int64_t, int64_t>& sizes,
                          const std::map<int64_t, int64_t>& ended) {
    int64_t items = 0;
    for (const auto& [index, status] : ended) items += status == succeeded ? sizes.at(index) : 0;
    return items;
  }

  // A STANDARD child is an execution, and has come to what was counted.
  void check_child(const engine::MapRun& run, int64_t index, int64_t status) const {
    if (run.settings().express) return;
    const std::string arn = engine::map_child_arn(run.order(), false, index);
    const Held* child = world_.ledger().find(engine::actor_key(arn));
    const bool there = child != nullptr && child->fold && child->fold->closed();
    world_.require(there, "children of a map run are executions", arn);
    const bool well = child->fold->status() == asl::ExecutionStatus::succeeded;
    world_.require(well == (status == succeeded), "a child is counted as what it has come to", arn);
  }

  World& world_;
  std::vector<std::string> begun_;
};

}  // namespace

std::unique_ptr<Feature> make_map_runs(World& world) { return std::make_unique<MapRuns>(world); }

}  // namespace perdure::sim
