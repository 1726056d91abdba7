#pragma once
// What the faces (api, CLI) may ask of the engine. Operations on executions complete later, through
// a callback that is called once, from any thread, after what it reports is durable. Reads answer
// from committed state only.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asl/execution/advance.h"
#include "base/result.h"
#include "engine/catalog/state_machines.h"
#include "engine/executor.h"
#include "engine/keys.h"
#include "engine/map_runs/map_run_view.h"
#include "engine/store/store.h"

namespace perdure::engine {

template <class T>
using Callback = std::function<void(Result<T>)>;

struct StartRequest {
  Tenant tenant;
  std::string state_machine_arn;  // or a version's or alias's
  std::string name;               // empty: a UUID
  std::string input = "{}";       // JSON text, kept as it is
  std::string trace_header;
  int64_t arrived_ms = 0;  // when its request came in, before any queue of ours; 0: just now
};
struct Started {
  std::string execution_arn;
  int64_t start_ms = 0;
};

// How an execution ended.
struct Closed {
  std::string execution_arn;
  std::string name;
  std::string state_machine_arn;
  asl::ExecutionStatus status{};
  int64_t start_ms = 0;
  int64_t stop_ms = 0;
  asl::Payload input;
  asl::Payload output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  int64_t redrive_count = 0;
};

// Everything DescribeExecution shows.
struct ExecutionView {
  ExecutionRecord record;
  asl::ExecutionIdentity identity;
  asl::Payload input;
  asl::Payload output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  std::string trace_header;
  std::optional<std::string> not_redrivable;  // why RedriveExecution would be refused
};

// RedriveExecution; what follows the token is more than AWS does. Each of `from`, `input` and
// `definition_hash` makes the execution go on from one of its own states, whatever ran inside it.
struct RedriveRequest {
  std::string execution_arn;
  std::string client_token;
  std::string from;                  // empty: the state in which it ended
  std::optional<std::string> input;  // of that state; absent: what it last began with
  std::string definition_hash;       // of a stored one; empty: the one it has pinned
};

struct HistoryPage {
  std::vector<asl::Entry> events;  // public entries only
  bool more = false;
};

// UpdateMapRun: what is not given stays as it is.
struct MapRunUpdate {
  std::optional<int64_t> max_concurrency;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
};

struct MapRunPage {
  std::vector<MapRunView> runs;  // newest first
  int64_t event = 0;             // that began the last of them
  bool more = false;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual StateMachines& state_machines() = 0;

  // Completes once ExecutionStarted is durable. Errors: StateMachineDoesNotExist,
  // ExecutionAlreadyExists, InvalidName, InvalidExecutionInput, ...
  virtual void start_execution(StartRequest request, Callback<Started> done) = 0;
  // EXPRESS, synchronous: nothing durable. Also used by POST /run/<name>?wait.
  virtual void start_sync_execution(StartRequest request, Callback<Closed> done) = 0;
  // Both at once, for either type: durable as usual for STANDARD, nothing durable for EXPRESS.
  virtual void start_and_wait(StartRequest request, Callback<Closed> done) {
    start_execution(std::move(request), [this, done](Result<Started> started) {
      if (!started) return done(started.error());
      wait_closed(std::move(started->execution_arn), done);
    });
  }
  // Called once the execution has ended, at once if it has. EXPRESS executions cannot be waited
  // for.
  virtual void wait_closed(std::string execution_arn, Callback<Closed> done) = 0;

  virtual void stop_execution(std::string execution_arn, std::optional<std::string> error,
                              std::optional<std::string> cause, Callback<int64_t> done) = 0;

  // Completes with the moment of the redrive (UTC ms), that of the first one if the token was used
  // before. Errors: ExecutionDoesNotExist, ExecutionNotRedrivable, ValidationException.
  virtual void redrive_execution(RedriveRequest request, Callback<int64_t> done) = 0;

  // Callbacks by token; one of another account or region is as invalid as one that was made up.
  // Errors: InvalidToken, TaskDoesNotExist, TaskTimedOut, InvalidOutput.
  virtual void task_succeeded(Tenant caller, std::string token, std::string output,
                              Callback<bool> done) = 0;
  virtual void task_failed(Tenant caller, std::string token, std::optional<std::string> error,
                           std::optional<std::string> cause, Callback<bool> done) = 0;
  virtual void task_heartbeat(Tenant caller, std::string token, Callback<bool> done) = 0;

  // Reads; they may block on the database for microseconds.
  virtual Result<ExecutionView> describe_execution(const std::string& execution_arn) = 0;
  virtual Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                               const ExecutionPosition& after,
                                                               int64_t limit) = 0;
  // How many items the input of a map run's child has.
  virtual Result<int64_t> item_count(const std::string& child_arn) = 0;
  // Events after (or, reversed, before) the id, at most `limit`; 0: from the beginning (end).
  virtual Result<HistoryPage> history(const std::string& execution_arn, int64_t after_event,
                                      bool reverse, int64_t limit) = 0;
  virtual Result<MapRunView> describe_map_run(const std::string& arn) = 0;
  // Those that events of the execution before this one began; 0: all.
  virtual Result<MapRunPage> list_map_runs(const std::string& execution_arn, int64_t before_event,
                                           int64_t limit) = 0;
  // Errors: ResourceNotFound, ValidationException for one that has ended.
  virtual void update_map_run(std::string arn, MapRunUpdate update, Callback<bool> done) = 0;
  // The hash of the definition that an execution runs: the one it began with, or what the last
  // redrive brought.
  virtual Result<std::string> definition_hash(const std::string& execution_arn) = 0;
  virtual Result<std::string> definition_text(const std::string& definition_hash) = 0;

  // Actors that broke two loads: listed, never blocking their shard.
  struct Quarantined {
    std::string arn_or_key;
    std::string reason;
  };
  virtual std::vector<Quarantined> quarantined() = 0;
};

}  // namespace perdure::engine
