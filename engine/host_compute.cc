// Expressions that take more steps than a shard has patience for. Their turn is undone, as if the
// mail had not been taken; what follows from it is found on the compute runner, from a copy of the
// execution; then the mail is taken again and gets the finding instead of evaluating anything. Mail
// that comes meanwhile waits, and other executions of the shard go on.
#include <utility>

#include "base/processor_alarm.h"
#include "engine/host.h"
#include "engine/tokens.h"

namespace perdure::engine {
namespace {

// Of processor time, for one evaluation; then it fails as if out of steps.
constexpr int64_t longest_ms = 1'000;

// The outside as a compute thread may see it: nothing is reserved, because an executor would have
// to keep it for too long.
class AloneOutside final : public asl::Surroundings {
 public:
  AloneOutside(const Core& core, const ActorKey& key) : core_(core), key_(key) {}
  std::string task_token(const asl::Execution& execution, asl::EventId scheduled) override {
    return mint_token({key_, scheduled, execution.redrive_count()}, core_.token_secret);
  }
  std::optional<std::string> refusal(const asl::Execution&,
                                     const asl::TaskResource& resource) override {
    const Executor* executor = core_.executor_for(resource);
    return executor == nullptr ? std::nullopt : executor->refusal(resource);
  }
  bool reserve(const asl::Execution& execution, const asl::Entry& scheduled,
               std::string&) override {
    return Host::needs_no_worker(core_, *execution.frame_of_attempt(scheduled.id));
  }

 private:
  const Core& core_;
  const ActorKey key_;
};

struct Job {
  Job(const ActorKey& key_, asl::Input input_, uint64_t seed)
      : key(key_), input(std::move(input_)), random(seed) {}

  ActorKey key;
  asl::Input input;
  std::unique_ptr<asl::Execution> execution;
  SeededRandom random;
};

}  // namespace

bool Host::take_computed(Actor& actor, asl::Burst& burst) {
  if (!actor.computed) return false;
  actor.execution = std::move(actor.computed->execution);
  burst = std::move(actor.computed->burst);
  actor.computed.reset();
  return true;
}

void Host::set_aside(Actor& actor, const asl::Input& input) {
  actor.heavy = input;
  for (const int64_t scheduled : reserved_) cancel(actor.key, scheduled);
}

// Mail that shared the turn is dealt with first, piece by piece, until the last one is alone.
void Host::undo_turn(Actor& actor) {
  asl::Input input = std::move(*std::exchange(actor.heavy, std::nullopt));
  actor.alone = actor.in_flight.size();
  for (auto mail = actor.in_flight.rbegin(); mail != actor.in_flight.rend(); ++mail) {
    actor.mailbox.push_front(std::move(*mail));
  }
  actor.in_flight.clear();
  if (auto restored = restore(actor); !restored) return broken(actor, restored.error().cause);
  if (actor.alone == 1) return compute(actor, std::move(input));
  turn(actor);
}

// The execution as it was before the turn: the abandoned one is of no use.
Result<> Host::restore(Actor& actor) {
  actor.execution.reset();
  actor.record.reset();
  core_.live_bytes -= std::exchange(actor.bytes, 0);
  if (actor.past.empty()) {
    PD_CHECK(look_up(actor));
    // Closed: then a redrive of it was too much.
    return actor.record && !actor.execution ? load_execution(actor) : Result<>();
  }
  Replayed replayed;
  for (const asl::Entry& entry : actor.past) PD_CHECK(apply(entry, replayed));
  actor.execution = std::move(replayed.execution);
  return {};
}

void Host::compute(Actor& actor, asl::Input input) {
  auto job = std::make_shared<Job>(actor.key, std::move(input), random_.next());
  if (actor.execution) {
    job->execution = std::make_unique<asl::Execution>(*actor.execution);
  } else {
    const auto& start = std::get<asl::input::Start>(job->input);
    job->execution =
        std::make_unique<asl::Execution>(core_.machines->parsed(start.identity.definition_hash));
  }
  actor.computing = true;
  core_.parts.compute->post([this, job] {
    const auto alarm = ProcessorAlarm::set(runner_, core_.parts.clock, longest_ms);
    AloneOutside outside(core_, job->key);
    const asl::Surrounding surrounding{.now_ms = core_.now_ms(),
                                       .random = job->random,
                                       .outside = outside,
                                       .limits = core_.parts.limits.execution,
                                       .stop = &alarm->rang()};
    auto burst =
        std::make_shared<asl::Burst>(asl::advance(*job->execution, job->input, surrounding));
    runner_.post([this, job, burst] {
      finish_computed(job->key, Computed{std::move(*burst), std::move(job->execution)});
    });
  });
}

void Host::finish_computed(const ActorKey& key, Computed computed) {
  Actor* actor = find(key);
  PD_ASSERT(actor != nullptr && actor->computing);
  actor->computing = false;
  actor->computed = std::move(computed);
  turn(*actor);
}

}  // namespace perdure::engine
