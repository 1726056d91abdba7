#pragma once
// Faults that the simulation plants in the engine, to prove that it would notice them. Production
// has none: every place that asks compares one byte, where something happens anyway.

#include <cstdint>

namespace perdure::engine {

enum class Mutant : uint8_t {
  none,
  dispatch_before_commit,    // a task is dispatched while its Scheduled entry is on its way
  answer_before_commit,      // StartExecution is answered while its first row is on its way
  waiter_before_commit,      // the end of an execution is told before it is durable
  callback_before_commit,    // SendTaskSuccess is answered before its result is durable
  go_before_commit,          // a worker gets its request before its Started entry is durable
  stale_answer,              // an answer counts for whichever attempt is current
  timer_trusted,             // what a timer fires is due, whatever the clock says
  wakeup_lost,               // a new due moment is not told to the timers
  event_id_reused,           // a burst's events are numbered from the last id again
  message_kept,              // a message that was dealt with stays in the inbox
  message_twice,             // a message is delivered twice
  started_dispatched_again,  // after a crash a started attempt is run again
  retry_forgotten,           // after a crash a state has all its retries again
  firing_renamed,            // a schedule's firing starts an execution of another name each time
  redrive_keeps_attempts,    // an answer to an attempt of before a redrive counts for a new one
  map_child_counted_twice,   // a map run counts the end of a child twice
  lease_ignored,             // the store takes the commits of every epoch
};

}  // namespace perdure::engine
