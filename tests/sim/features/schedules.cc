// Schedules that start executions: each fires once per time that it has.
#include <map>
#include <set>

#include "base/time.h"
#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

using asl::Field;

class Schedules final : public Feature, public EntryObserver {
 public:
  explicit Schedules(World& world) : world_(world) { world.ledger().observe(*this); }

  void act(Chance& chance) override {
    if (planned_.size() >= 4 || (!planned_.empty() && chance.percent(40))) {
      return change(chance.below(planned_.size()), chance);
    }
    create(chance);
  }

  // Those that go on for ever are removed; one that has a moment left has its firing.
  void calm_down() override {
    calm_ms_ = world_.now_ms();
    for (size_t i = 0; i < planned_.size(); ++i) {
      if (planned_[i].repeats) remove_later(i);
    }
  }

  bool settled() const override {
    return std::all_of(planned_.begin(), planned_.end(), [&](const Planned& planned) {
      if (planned.repeats) return planned.removed;
      return world_.now_ms() > std::max(planned.at_ms, calm_ms_) + 120'000;
    });
  }

  void check_end() override {
    for (const Planned& planned : planned_) {
      if (planned.repeats || planned.touched || !planned.acknowledged) continue;
      world_.require(fired_.contains({planned.version, seconds(planned.at_ms)}),
                     "schedules fire once per time", planned.name + " never did");
    }
  }

  void entry(const engine::ActorKey&, const Held&, const asl::Entry& entry) override {
    if (entry.type != asl::EntryType::ExecutionStarted) return;
    const std::string_view input = entry.text(Field::input);
    const std::string version = member(input, "version");
    if (version.empty()) return;
    const auto [at, first] = fired_.emplace(version, member(input, "time"));
    world_.require(first, "schedules fire once per time", at->first + " at " + at->second);
  }

 private:
  struct Planned {
    std::string name;
    std::string version;  // of the last change: the same time may fire again after one
    bool repeats = false;
    int64_t at_ms = 0;
    int64_t creating_in = 0;  // the process that is asked to create it; 0: it has answered
    bool acknowledged = false;
    bool touched = false;
    bool removed = false;
  };

  static std::string seconds(int64_t ms) { return iso8601_ms(ms).substr(0, 19) + "Z"; }

  static std::string member(std::string_view json, std::string_view name) {
    const std::string mark = "\"" + std::string(name) + "\":\"";
    const size_t at = json.find(mark);
    if (at == json.npos) return {};
    const size_t from = at + mark.size();
    return std::string(json.substr(from, json.find('"', from) - from));
  }

  engine::Schedule schedule_of(const Planned& planned) const {
    engine::Schedule schedule;
    schedule.name = planned.name;
    schedule.expression =
        planned.repeats ? "rate(1 minutes)" : "at(" + iso8601_ms(planned.at_ms).substr(0, 19) + ")";
    schedule.target.arn = world_.machines().front()->arn;
    schedule.target.input = R"({"list":[],"version":")" + planned.version +
                            R"(","time":"<aws.scheduler.scheduled-time>"})";
    return schedule;
  }

  void create(Chance& chance) {
    Planned planned;
    planned.name = "s" + std::to_string(planned_.size());
    planned.version = planned.name + ".0";
    planned.repeats = chance.percent(60);
    planned.at_ms = (world_.now_ms() / 1'000 + chance.between(5, 90)) * 1'000;
    planned.creating_in = world_.incarnation();
    planned_.push_back(planned);
    const size_t number = planned_.size() - 1;
    world_.assembly()->schedules().create(
        schedule_of(planned), [this, number](Result<engine::Schedule> created) {
          Planned& planned = planned_[number];
          planned.creating_in = 0;
          if (!created) return;
          world_.note("schedule", number, "{} was acknowledged", planned.name);
          world_.require(durable(planned), "no schedule is acknowledged before it is durable",
                         planned.name);
          // One that is acknowledged after its moment has missed it.
          planned.acknowledged = world_.now_ms() < planned.at_ms;
        });
  }

  void change(size_t number, Chance& chance) {
    Planned& planned = planned_[number];
    if (planned.removed) return;
    planned.touched = true;
    if (chance.percent(30)) return remove(number);
    planned.version = fmt::format("{}.{}", planned.name, ++changes_);
    world_.assembly()->schedules().update(schedule_of(planned), [](Result<engine::Schedule>) {});
  }

  void remove(size_t number) {
    world_.assembly()->schedules().remove(
        {}, "default", planned_[number].name, [this, number](Result<bool> removed) {
          const bool unknown = !removed && removed.error().name == "ResourceNotFoundException";
          if (!removed && !unknown) return;
          Planned& planned = planned_[number];
          // Unknown as yet: its creation is on its way, and may still become durable.
          if (unknown && planned.creating_in == world_.incarnation()) return;
          planned.removed = true;
          world_.require(!durable(planned), "no removal is acknowledged before it is durable",
                         planned.name);
        });
  }

  void remove_later(size_t number) {
    world_.later(1'000, [this, number] {
      if (planned_[number].removed) return;
      remove_later(number);
      if (world_.engine() != nullptr) remove(number);
    });
  }

  bool durable(const Planned& planned) const {
    return world_.ledger().document("schedule", "default/" + planned.name).has_value();
  }

  World& world_;
  std::vector<Planned> planned_;
  std::set<std::pair<std::string, std::string>> fired_;
  int64_t changes_ = 0;
  int64_t calm_ms_ = 0;
};

}  // namespace

std::unique_ptr<Feature> make_schedules(World& world) { return std::make_unique<Schedules>(world); }

}  // namespace perdure::sim
