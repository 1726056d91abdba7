// What goes wrong in a simulated world, and when.
#include "tests/sim/world/world.h"

namespace perdure::sim {

void World::choose_faults() {
  faults_.crashes = chance_.percent(50);
  faults_.crashes_at_commits = chance_.percent(60);
  faults_.power_losses = chance_.percent(60);
  faults_.dying_disks = chance_.percent(40);
  faults_.clock_jumps = chance_.percent(30);
  faults_.stalls = chance_.percent(40);
  faults_.full_disks = chance_.percent(20);
}

void World::fault_later() {
  later(chance_.between(10, 12'000), [this] {
    if (!faulty_) return;
    fault_later();
    if (engine() != nullptr) fault();
  });
}

void World::fault() {
  power_ = faults_.power_losses && chance_.percent(60);
  switch (chance_.below(7)) {
    case 0:
      if (faults_.crashes) throw Crash{};
      return;
    case 1:
    case 2:
      if (!faults_.crashes_at_commits) return;
      commits_until_crash_ = chance_.between(1, 8);
      crash_before_ = chance_.percent(50);
      return;
    case 3:
      if (!faults_.dying_disks) return;
      return storage_->fail_from(storage_->operations() + 1 + chance_.below(60));
    case 4:
      return jump();
    case 5:
      if (!faults_.stalls) return;
      {
        Lane* lanes[] = {&process_->shards[0], &process_->shards[1], &process_->committer,
                         &process_->timers};
        lanes[chance_.below(4)]->stall_until(now_ms() + chance_.between(1, 8'000));
      }
      return;
    default:
      if (faults_.full_disks) full_until_ms_ = now_ms() + chance_.between(1, 5'000);
  }
}

// Somebody sets the wall clock.
void World::jump() {
  if (!faults_.clock_jumps) return;
  const bool back = chance_.percent(50);
  const int64_t ms = chance_.percent(70) ? chance_.between(1, 5'000) : chance_.between(1, 600'000);
  events_.clock.set(now_ms() + (back ? -ms : ms));
  ++coverage_.clock_jumps;
  note("clock", static_cast<uint64_t>(ms), "set {} by {} ms", back ? "back" : "forward", ms);
}

void World::crash(bool power) {
  note("crash", power, "{}", power ? "the power is gone" : "the process is gone");
  ++coverage_.crashes;
  coverage_.power_losses += power;
  process_.reset();
  storage_->crashed(power);
  if (power) workers_.power_lost();
  commits_until_crash_ = -1;
  full_until_ms_ = 0;
  later(faulty_ && chance_.percent(50) ? chance_.between(1, 20'000) : 1, [this] { boot(); });
}

WatchedStore::Hooks World::hooks() {
  const auto crash_if = [this](bool before) {
    coverage_.commits += !before;
    if (commits_until_crash_ < 0 || crash_before_ != before) return;
    if (commits_until_crash_-- == 0) throw Crash{};
  };
  return {[crash_if] { crash_if(true); }, [crash_if] { crash_if(false); },
          [this] { return now_ms() < full_until_ms_; }};
}

}  // namespace perdure::sim
