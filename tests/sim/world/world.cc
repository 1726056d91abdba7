#include "tests/sim/world/world.h"

#include <set>

#include "base/hash.h"
#include "base/json.h"

namespace perdure::sim {
namespace {

constexpr int64_t most_steps = 300'000;
constexpr int64_t longest_rest_ms = 10LL * 24 * 3'600'000;

std::vector<std::unique_ptr<Feature>> all_features(World& world) {
  std::vector<std::unique_ptr<Feature>> features;
#define SIM_MAKE(name) features.push_back(make_##name(world));
  SIM_FEATURES(SIM_MAKE)
#undef SIM_MAKE
  return features;
}

// Executions that are logged show their live state to the sink.
const Json& logging() {
  static const Json settings = *parse_json(R"({"loggingConfiguration": {
      "level": "ALL", "includeExecutionData": false, "destinations": [{"cloudWatchLogsLogGroup": {
        "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}]}})");
  return settings;
}

}  // namespace

// What lives is what the durable entries make of it.
class World::LiveState final : public engine::EntrySink {
 public:
  explicit LiveState(World& world) : world_(world) {}
  void committed(const engine::LogTarget&, const asl::Execution& execution,
                 const std::vector<asl::Entry>& entries) override {
    const auto& identity = execution.identity();
    if (identity.type == asl::MachineType::express) {
      for (const auto& watcher : world_.express_watchers_) watcher(execution, entries);
      return;
    }
    const Held* held = world_.ledger_.find(engine::actor_key(identity.arn));
    const bool same =
        held != nullptr && held->fold && held->fold->describe() == execution.describe();
    world_.require(same, "replayed state equals live state", identity.arn);
  }

 private:
  World& world_;
};

void Coverage::add(const Coverage& other) {
  steps += other.steps;
  commits += other.commits;
  crashes += other.crashes;
  power_losses += other.power_losses;
  clock_jumps += other.clock_jumps;
  executions += other.executions;
  compared += other.compared;
}

World::Process::Process(Events& events)
    : shards{{events, "shard 0"}, {events, "shard 1"}},
      committer(events, "committer"),
      timers(events, "timers"),
      compute(events, "compute") {}

// What waits in the lanes belongs to the engine, and the engine to the store.
World::Process::~Process() {
  for (Lane* lane : {&shards[0], &shards[1], &committer, &timers}) lane->drop_all();
  assembly.reset();
  for (Lane* lane : {&shards[0], &shards[1], &committer, &timers}) lane->drop_all();
}

World::World(const Options& options, Library& library)
    : options_(options),
      library_(library),
      trace_(options.shown),
      chance_(mix(options.seed, hash_text("world"))),
      events_(chance_.fork(), trace_),
      outside_(events_, "outside"),
      blobs_(engine::memory_blobs()),
      ledger_(events_.clock, *blobs_, library),
      storage_(disk_storage(chance_.next(), options_.bug)),
      engine_random_(chance_.next()),
      workers_(*this),
      features_(all_features(*this)) {
  ledger_.observe(workers_);
  choose_faults();
  acts_left_ = chance_.between(8, 32);
  limits_.execution.burst_entries = chance_.one_of<int64_t>({4, 20, 1'000});
  limits_.idle_ms = chance_.one_of<int64_t>({50, 5'000});
  for (int i = 0; i < 3; ++i) {
    machines_.push_back(&library.get("m", static_cast<int>(chance_.below(Library::count))));
  }
  express_.push_back(&library.get("x", static_cast<int>(chance_.below(Library::express_count))));
}

World::~World() { outside_.drop_all(); }

engine::Assembly* World::assembly() {
  return process_ && process_->ready ? process_->assembly.get() : nullptr;
}

engine::Engine* World::engine() {
  engine::Assembly* const assembly = this->assembly();
  return assembly != nullptr ? &assembly->engine() : nullptr;
}

void World::later(int64_t ms, std::function<void()> work) {
  outside_.run_at(now_ms() + ms, std::move(work));
}

void World::later_here(int64_t ms, std::function<void()> work) {
  later(ms, [this, incarnation = incarnation_, work = std::move(work)] {
    if (incarnation == incarnation_ && engine() != nullptr) work();
  });
}

uint64_t World::run() {
  set_up();
  faulty_ = true;
  act_later();
  fault_later();
  while (acts_left_ > 0) step(INT64_MAX);
  finish_everything();
  check_endings();
  for (const auto& feature : features_) feature->check_end();
  return trace_.hash();
}

Coverage World::coverage() const {
  Coverage coverage = coverage_;
  coverage.steps = events_.steps();
  for (const auto& [key, held] : ledger_.actors()) coverage.executions += held.fold != nullptr;
  return coverage;
}

void World::boot() {
  const auto store = storage_->open();
  if (!store && storage_->dead()) throw Crash{};
  require(store.has_value(), "the store opens again", store ? "" : store.error().cause);
  ++incarnation_;
  process_ = std::make_unique<Process>(events_);
  Process& process = *process_;
  process.store =
      std::make_unique<WatchedStore>(**store, *storage_, ledger_, events_.clock, trace_, hooks());
  ledger_.compare(*process.store);
  engine::EngineParts parts{events_.clock,
                            engine_random_,
                            {&process.shards[0], &process.shards[1]},
                            process.committer,
                            process.timers,
                            *process.store,
                            *blobs_,
                            limits_,
                            &process.compute,
                            options_.bug.engine};
  parts.load_definition = [this](std::string_view text) { return library_.loaded(text); };
  auto made = engine::make_engine(parts);
  require(made.has_value(), "the engine starts", made ? "" : made.error().cause);
  process.assembly = std::move(*made);
  process.assembly->add_executor(workers_.make_executor());
  process.sink = std::make_unique<LiveState>(*this);
  process.assembly->set_entry_sink(*process.sink);
  process.ready = true;
  for (const auto& feature : features_) feature->booted();
  const auto started = process.assembly->start();
  require(started.has_value(), "the engine starts", started ? "" : started.error().cause);
  note("boot", static_cast<uint64_t>(incarnation_), "process {}", incarnation_);
}

void World::create_machine(const Definition& definition,
                           std::function<void(Result<engine::StateMachineRecord>)> done) {
  engine::StateMachineRecord record;
  record.name = definition.name;
  record.arn = definition.arn;
  record.type = definition.type;
  record.definition = definition.text;
  record.role_arn = "arn:aws:iam::000000000000:role/any";
  record.settings = logging();
  engine()->state_machines().create(std::move(record), std::move(done));
}

// Without faults: every world has its machines, and the children that they may start.
void World::set_up() {
  boot();
  std::map<std::string, const Definition*> wanted;  // in an order that is the same in every run
  for (const Definition* machine : machines_) wanted[machine->name] = machine;
  for (const Definition* machine : express_) wanted[machine->name] = machine;
  for (const Definition* machine : machines_) {
    for (const Definition* child : machine->children) wanted[child->name] = child;
  }
  size_t created = 0;
  for (const auto& [name, definition] : wanted) {
    create_machine(*definition, [&created](const auto& record) { created += record.has_value(); });
  }
  while (created < wanted.size()) {
    require(step(now_ms() + 60'000), "state machines are created", "at the beginning");
  }
}

bool World::step(int64_t until_ms) {
  try {
    return events_.step(until_ms);
  } catch (const Crash&) {
    crash(power_);
    return true;
  }
}

void World::act_later() {
  later(chance_.between(0, 4'000), [this] { act(); });
}

void World::act() {
  if (engine() != nullptr) {
    --acts_left_;
    if (acts_left_ > 0) act_later();
    chance_.one_of(features_)->act(chance_);
  } else {
    act_later();
  }
}

// The liveness phase: no more faults, and everything that was begun must end.
void World::finish_everything() {
  faulty_ = false;
  full_until_ms_ = 0;
  commits_until_crash_ = -1;
  storage_->fail_from(UINT64_MAX);
  note("calm", 0, "no more faults");
  workers_.calm_down();
  for (const auto& feature : features_) feature->calm_down();
  const int64_t last_step = events_.steps() + most_steps;
  const int64_t last_ms = now_ms() + longest_rest_ms;
  for (int64_t steps = 0;; ++steps) {
    if (steps % 8 == 0 && settled()) return;
    const bool more = step(last_ms);
    if (!more && !settled()) throw Violation{"everything finishes", unsettled()};
    if (events_.steps() >= last_step) throw Violation{"everything finishes in time", unsettled()};
  }
}

bool World::settled() const {
  if (!process_ || !process_->ready || ledger_.inbox_size() != 0) return false;
  for (const auto& [key, held] : ledger_.actors()) {
    if (held.kind == engine::ActorKind::execution && !held.fold->closed()) return false;
    if (held.kind == engine::ActorKind::express) return false;
    if (held.kind == engine::ActorKind::invocation) return false;
  }
  return std::all_of(features_.begin(), features_.end(),
                     [](const auto& feature) { return feature->settled(); });
}

std::string World::unsettled() const {
  std::string text = fmt::format("{} messages", ledger_.inbox_size());
  for (const auto& [key, held] : ledger_.actors()) {
    if (held.kind == engine::ActorKind::execution && held.fold->closed()) continue;
    if (held.kind == engine::ActorKind::schedule) continue;
    text += fmt::format("; actor {} of kind {}", hex(key.bytes), static_cast<int>(held.kind));
    if (held.fold) text += " " + held.fold->identity().arn;
  }
  for (size_t i = 0; i < features_.size(); ++i) {
    if (!features_[i]->settled()) text += fmt::format("; feature {}", i);
  }
  return text;
}

// Where every attempt went by the script, the faults must not show.
void World::check_endings() {
  std::set<std::string> disturbed_parents;
  for (const auto& [key, held] : ledger_.actors()) {
    if (held.disturbed && !held.parent.empty()) disturbed_parents.insert(held.parent);
  }
  for (const auto& [key, held] : ledger_.actors()) {
    if (!held.fold || held.disturbed || disturbed_parents.contains(hex(key.bytes))) continue;
    if (!token_in(held.input).empty()) continue;
    const auto& identity = held.fold->identity();
    const Definition& definition = *library_.by_hash(identity.definition_hash);
    if (!definition.processor.empty()) continue;
    const Ending& ending = library_.ending(definition, held.input);
    const bool same = held.fold->status() == ending.status &&
                      held.fold->output().text() == ending.output &&
                      held.fold->error().value_or("") == ending.error;
    ++coverage_.compared;
    require(same, "the output is that of the fault-free run",
            fmt::format("{}: {} {} instead of {} {}", identity.arn,
                        asl::status_name(held.fold->status()), held.fold->output().text(),
                        asl::status_name(ending.status), ending.output));
  }
}

}  // namespace perdure::sim
