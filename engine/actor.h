#pragma once
// One execution in memory, and the mail that waits for it. Owned by a Host, used on its thread
// only.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "asl/execution/advance.h"
#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/messages.h"
#include "engine/store/store.h"
#include "engine/tokens.h"

namespace perdure::engine {

namespace mail {
struct Start {
  StartOrder order;
  bool synchronous = false;  // EXPRESS: nothing durable
  Callback<Started> done;    // may be empty; of a synchronous one: it is taken up
  Callback<Closed> closed;   // may be empty: told of its end
};
struct Answer {  // of an executor
  int64_t scheduled = 0;
  TaskAnswer answer;
};
struct TokenAnswer {  // SendTaskSuccess or SendTaskFailure
  Tenant caller;
  TaskToken token;
  asl::Input input;
  Callback<bool> done;
};
struct Heartbeat {
  Tenant caller;
  TaskToken token;
  Callback<bool> done;
};
struct Stop {
  std::optional<std::string> error;
  std::optional<std::string> cause;
  Callback<int64_t> done;
};
struct Redrive {
  RedriveRequest request;
  Callback<int64_t> done;
};
struct Inbox {  // a durable message
  int64_t id = 0;
  std::string message;
};
struct Due {};
struct Continue {};
struct Recover {};  // look after the attempts that were under way before the restart
// To map runs, which are no actors of this kind: see map_runs/map_run_host.h.
struct UpdateMapRun {
  std::optional<int64_t> max_concurrency;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
  Callback<bool> done;
};
struct WakeMapRun {};  // it ran before the restart
}  // namespace mail
using Mail = std::variant<mail::Start, mail::Answer, mail::TokenAnswer, mail::Heartbeat, mail::Stop,
                          mail::Redrive, mail::Inbox, mail::Due, mail::Continue, mail::Recover,
                          mail::UpdateMapRun, mail::WakeMapRun>;

// What the handling of mail has led to: one append to the journal, and what follows once it is
// durable.
struct Work {
  std::vector<asl::Entry> entries;
  std::vector<asl::Effect> effects;
  std::vector<InboxMessage> sends;
  std::vector<int64_t> consumed;
  std::vector<std::function<void()>> after;  // answers, and what executors are told
  std::string express_row;  // what a created EXPRESS execution is started from again
  bool create = false;
  bool redriven = false;
  bool more = false;  // a burst ended at its bound
  int64_t bytes = 0;
};

// What became of an input whose evaluation was too much for a shard.
struct Computed {
  asl::Burst burst;
  std::unique_ptr<asl::Execution> execution;  // after the burst
};

struct Actor {
  explicit Actor(const ActorKey& key_) : key(key_) {}

  const ActorKey key;
  ActorKind kind = ActorKind::execution;
  // Null: not loaded, not created, or closed (then `record` says how it stands).
  std::unique_ptr<asl::Execution> execution;
  std::optional<ExecutionRecord> record;
  Tenant tenant;
  std::string trace_header;
  std::shared_ptr<const LogTarget> log_target;  // null: it is not logged
  std::optional<ActorKey> parent;               // who waits for its end, with which attempt
  int64_t parent_event = 0;
  std::string map_run_arn;   // of a map run's child; the parent is the map run then
  bool described = false;    // and it is told of the whole child
  bool looked_up = false;    // the store has been asked, or need not be
  bool synchronous = false;  // EXPRESS without any row
  int64_t next_sequence = 1;
  int64_t loaded_event = 0;  // the last event that the store had when it was read
  std::optional<int64_t> stored_due;
  std::optional<bool> stored_open = false;  // nothing: not known

  std::deque<Mail> mailbox;
  std::vector<Mail> in_flight;  // dealt with in the append under way; again, should it conflict
  bool committing = false;
  bool computing = false;  // the front of the mailbox is with the compute runner; nothing else goes
  size_t alone = 0;        // so many pieces of mail get a turn each
  std::optional<asl::Input> heavy;   // set while a turn is undone: what was too much for it
  std::optional<Computed> computed;  // for the mail at the front
  std::vector<asl::Entry> past;      // of an EXPRESS execution, whose journal is nowhere else
  int failures = 0;                  // exceptions and broken loads in a row
  int64_t last_used_ms = 0;
  int64_t bytes = 0;  // about what it holds in memory
};

}  // namespace perdure::engine
