#include "tests/sim/world/mutants.h"

namespace perdure::sim {

const std::vector<PlantedBug>& planted_bugs() {
  using engine::Mutant;
  static const std::vector<PlantedBug> bugs = {
      {"dispatch-before-commit", {.engine = Mutant::dispatch_before_commit}},
      {"answer-before-commit", {.engine = Mutant::answer_before_commit}},
      {"waiter-before-commit", {.engine = Mutant::waiter_before_commit}},
      {"callback-before-commit", {.engine = Mutant::callback_before_commit}},
      {"go-before-commit", {.engine = Mutant::go_before_commit}},
      {"stale-answer", {.engine = Mutant::stale_answer}},
      {"timer-trusted", {.engine = Mutant::timer_trusted}},
      {"wakeup-lost", {.engine = Mutant::wakeup_lost}},
      {"event-id-reused", {.engine = Mutant::event_id_reused}},
      {"message-kept", {.engine = Mutant::message_kept}},
      {"message-twice", {.engine = Mutant::message_twice}},
      {"started-dispatched-again", {.engine = Mutant::started_dispatched_again}},
      {"retry-forgotten", {.engine = Mutant::retry_forgotten}},
      {"firing-renamed", {.engine = Mutant::firing_renamed}},
      {"redrive-keeps-attempts", {.engine = Mutant::redrive_keeps_attempts}},
      {"map-child-counted-twice", {.engine = Mutant::map_child_counted_twice}},
      {"lease-ignored", {.engine = Mutant::lease_ignored}},
      {"disk-lies", {.disk_lies = true}},
      {"commits-not-synced", {.unsynced = true}},
  };
  return bugs;
}

}  // namespace perdure::sim
