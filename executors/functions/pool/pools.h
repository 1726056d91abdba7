#pragma once
// Who runs what: workers by function, invocations that wait, run and end, and the one limit of
// invocations at once.
//
// An invocation takes a slot, then a warm worker (the one that worked last) or waits for a new one;
// it runs, is answered by its worker, and the worker is free again once it has asked for more work.
// The spawner keeps the time of calls that last: a worker that is late, ends or crashes is reported
// by it, and only its own invocation fails.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "executors/functions/endpoint/runtime_endpoint.h"
#include "executors/functions/function_types.h"
#include "executors/functions/pool/greedy_dual.h"
#include "executors/functions/pool/kept_ready.h"
#include "executors/functions/pool/launch.h"
#include "executors/functions/pool/outcome.h"
#include "executors/functions/pool/usage.h"
#include "executors/functions/pool/worker_files.h"
#include "executors/functions/pool/worker_log.h"
#include "executors/functions/pool/worker_telemetry.h"
#include "executors/functions/spawner/link.h"

namespace perdure::executors {

class CodeCaches;

using FunctionHandle = std::shared_ptr<const FunctionConfiguration>;

// What an invocation took, its memory too: known shortly after its answer. Called once at most: not
// where the spawner was lost, or another engine has heard it.
using OnReport = std::function<void(const InvocationReport&)>;

// What is to be run. The code is unpacked already.
struct Work {
  std::string request_id;
  FunctionHandle function;
  std::string code_root;
  std::string invoked_arn;  // as the caller named it, with its qualifier; empty: the function's
  std::string payload;
  std::string client_context;
  std::string trace_header;
  bool log_tail = false;
  TakePiece on_piece{};  // as of InvokeRequest
  OnReport on_report{};
};

struct PoolOptions {
  int concurrency = 0;
  int64_t idle_ttl_ms = 0;
  int64_t init_timeout_ms = 0;
  int64_t memory_kib = 0;             // warm workers beyond it give way; 0: no bound
  int starts = 0;                     // workers that may be starting at once; 0: no bound
  CodeCaches* code_caches = nullptr;  // outlives the pools
};

// Workers that are kept for one version of a function whether it is called or not.
struct Provision {
  FunctionHandle function;
  std::string code_root;
  int count = 0;
};

// Safe from any thread; callbacks run without locks held. The methods marked (reactor) are for the
// reactor's thread.
class Pools final : public RuntimeHandler {
 public:
  Pools(Reactor& reactor, const Clock& clock, Random& random, engine::Logs& logs,
        RuntimePlaces places, PoolOptions options);
  ~Pools() override;

  // (reactor) Both outlive the pools' last call; stop() ends the calls.
  void attach(SpawnerLink& link, RuntimeEndpoint& endpoint);
  // The sandbox of the workers to come. Those of an earlier engine that have a weaker one do not
  // get new work. Before on_ready().
  void set_level(sandbox::Level level);
  void stop();

  // Runs it; a request that a worker of an earlier engine still has is not begun again but waited
  // for. Without a free slot, or while the function has as many invocations as are reserved for it:
  // waits if `may_queue`, else TooManyRequestsException.
  void invoke(Work work, bool may_queue, Done<InvokeResult> done);

  // Takes a warm worker at once, if there is one, or one that has just answered and is about to be
  // free. Its request id names the reservation, which start() uses up or release() gives back.
  std::optional<std::string> reserve(const FunctionHandle& function);
  void start(Work work, Done<InvokeResult> done);
  // As invoke with may_queue, in two steps: `reserved` is called once a worker is there, and the
  // work begins with go().
  void invoke_in_steps(Work work, std::function<void()> reserved, Done<InvokeResult> done);
  void go(const std::string& request_id);
  // The answer is not wanted. What runs, runs on.
  void release(const std::string& request_id);
  // After a restart: the answer of what an earlier engine had started, if its worker still has it;
  // else worker_lost().
  void recover(const std::string& request_id, Done<InvokeResult> done, OnReport on_report);

  // Functions of this kind exist: the spawner gets ready for them.
  void prepare(const FunctionConfiguration& function);

  // In the background: workers of this version come from a snapshot of it once it is there.
  void take_snapshot(FunctionHandle version, std::string code_root);
  bool optimizes(const FunctionConfiguration& version) const;

  // All that is provisioned for a function, by version; what is not listed is not any more.
  void provision(const std::string& function_arn, std::vector<Provision> wanted);
  ProvisionState provisioned(const std::string& function_arn, const std::string& version) const;

  // No new work for workers of this function's $LATEST but those of the revision.
  void retire(const std::string& function_arn, const std::string& but_revision);
  // Likewise for a version that is gone, and its snapshot ends.
  void retire_version(const std::string& function_arn, const std::string& version);

  struct Counts {
    int workers = 0, busy = 0, queued = 0;
    int64_t memory_kib = 0;
    uint64_t cold_starts = 0;
  };
  Counts counts() const;
  std::vector<FunctionUsage> usage() const;
  // Whose credentials these are, while the worker lives.
  std::shared_ptr<const FunctionConfiguration> owner_of(std::string_view access_key) const;

  // ---- (reactor) from the spawner
  void on_ready(const std::vector<spawn::WorkerState>& workers);
  void on_message(spawn::Message message);
  void on_files(const spawn::Files& message, std::vector<Descriptor> files);
  void on_lost();
  void on_failed(const Error& error);

  // ---- (reactor) RuntimeHandler
  bool knows(std::string_view worker, std::string_view secret) override;
  void next(const std::string& worker, ConnectionId connection) override;
  RuntimeReply respond(const std::string& worker, std::string_view request_id, std::string body,
                       bool is_error) override;
  RuntimeReply too_large(const std::string& worker, std::string_view request_id) override;
  RuntimeReply refuse(const std::string& worker, std::string_view request_id, std::string payload,
                      RuntimeReply reply) override;
  std::optional<ExtensionReply> extension(const std::string& worker, ConnectionId connection,
                                          const HttpRequest& request) override;
  PieceTaken piece(const std::string& worker, std::string_view request_id, ConnectionId connection,
                   std::string_view content_type, std::string& bytes) override;
  RuntimeReply init_error(const std::string& worker, std::string body) override;

 private:
  struct Worker;
  struct Pool;
  using PoolHandle = std::shared_ptr<Pool>;
  using WorkerHandle = std::shared_ptr<Worker>;

  enum class Stage { queued, waiting, reserved, running, done };
  struct Invocation {
    Work work;
    PoolHandle pool;
    Stage stage = Stage::queued;
    bool counted = false;   // among its function's invocations
    bool in_steps = false;  // begins with go()
    bool go = false;
    bool delivered = false;                    // its worker has the request
    std::function<void()> reserved;            // called once
    Done<InvokeResult> done;                   // absent: nobody waits (any more, or yet)
    std::optional<Result<InvokeResult>> kept;  // adopted, and answered before recover() asked
    std::optional<InvocationReport> report;    // likewise
    bool adopted = false;
    std::weak_ptr<Worker> worker;
    size_t streamed_bytes = 0;
    int64_t began_us = 0;
    int64_t init_us = 0;
    std::string_view tier = "warm";
  };
  using InvocationHandle = std::shared_ptr<Invocation>;

  struct Pool {
    std::string key;  // function ARN and revision
    FunctionHandle function;
    std::string code_root;
    std::deque<InvocationHandle> waiting;  // have a slot, wait for a worker
    std::vector<WorkerHandle> idle;        // the last one worked last
    int starting = 0;
    std::vector<WorkerHandle> settling;
    bool looks_again = false;  // a timer will see whether they have settled
    bool retired = false;
    bool wants_start = false;     // is in starts_wanted_
    uint64_t calls = 0;           // so far
    int64_t start_us = 0;         // what the last start took
    int64_t memory_kib = 0;       // of the worker that was weighed last, 0: none yet
    int provisioned = 0;          // workers to keep
    int provisioned_alive = 0;    // of them, those that live or start
    int provisioned_ready = 0;    // of those, those that have started
    std::string provision_error;  // why a start of them failed: no other is tried
    WorkerHandle snapshot;        // that workers come from, or will; null: there is none
    std::string no_snapshot;      // why none is tried any more
    int snapshot_failures = 0;
    int64_t snapshot_pause_until_ms = 0;
  };

  enum class State { starting, idle, reserved, busy, settling, ending, snapshot };
  struct Worker {
    WorkerIdentity identity;
    std::string access_key;
    PoolHandle pool;
    State state = State::starting;
    ConnectionId connection = 0;    // where it waits for work, 0: it does not
    InvocationHandle invocation;    // reserved or running
    bool counted_starting = false;  // in pool->starting
    InvocationHandle reporting;     // answered, END and REPORT still to come
    InvocationReport report;
    std::optional<InvokeResult> held_result;  // waits for the log's tail
    int64_t spawned_us = 0, init_us = 0, idle_since_ms = 0, settling_since_ms = 0;
    bool fresh = true;  // has not worked yet
    spawn::Tier tier = spawn::Tier::plain;
    std::string from;  // what it was to come from, see spawn::Spawn
    bool provisioned = false;
    bool provisioned_ready = false;  // counted so
    bool taken = false;              // of a snapshot: it can be forked
    std::string snapshot_key;        // access key of the snapshot that it came from
    int64_t pid = 0;
    int64_t memory_kib = 0;  // when it was weighed, 0: not yet
    uint64_t calls = 0;      // so far
    uint64_t weighed_calls = 0;
    double worth = 0;
    std::string init_error;  // payload of init/error
    std::unique_ptr<WorkerLog> log;
    std::unique_ptr<WorkerFiles> files;  // null: not here yet, or it is gone
    uint64_t peak_kib = 0;
    spawn::Seat seat = 0;
    int64_t deadline_ms = 0;                 // monotonic; of its call
    bool told = false;                       // the spawner, of its call
    bool adopted = false;                    // an earlier engine started it
    std::unique_ptr<Extensions> extensions;  // null: it has none
    ConnectionId launcher = 0;  // of the bridge, while it waits for extensions to register
    std::unique_ptr<WorkerTelemetry> telemetry;  // null: nobody can want it
    uint64_t code_cache_edition = 0;             // see CodeCaches::Offer
    bool told_of_code_cache = false;
    bool left = false;  // its program has ended, and all that follows from that is done
  };

  // Holds the lock; makes the calls that its holder has left once it has let go.
  class Guard {
   public:
    explicit Guard(Pools& pools) : pools_(pools), lock_(pools.mutex_) {}
    ~Guard() {
      auto calls = std::exchange(pools_.calls_, {});
      lock_.unlock();
      for (auto& call : calls) call();
    }

   private:
    Pools& pools_;
    std::unique_lock<std::mutex> lock_;
  };

  // All with the lock held, on the reactor's thread unless said otherwise.
  PoolHandle pool_of(const FunctionHandle& function, const std::string& code_root);  // any thread
  bool attach(const std::string& request_id, Done<InvokeResult>& done, OnReport on_report);
  void admit(const InvocationHandle& invocation, bool may_queue);
  void take_slot(const InvocationHandle& invocation, bool may_queue);
  bool at_reserve(const FunctionConfiguration& function) const;
  void count(const InvocationHandle& invocation);
  void uncount(const InvocationHandle& invocation);
  void place(const InvocationHandle& invocation);
  void await_worker(const InvocationHandle& invocation);  // any thread
  static std::ptrdiff_t about_to_settle(const Pool& pool);
  void start_workers(const PoolHandle& pool);
  void look_again(const PoolHandle& pool);
  void leave_settling(const WorkerHandle& worker);
  void begin_settling(const WorkerHandle& worker);
  bool may_start() const;
  void start_others();
  void count_start(const WorkerHandle& worker);
  bool uncount_start(const WorkerHandle& worker);
  void spawn_worker(const PoolHandle& pool, bool provisioned = false);
  void offer_code_cache(Worker& worker, spawn::Spawn& order);
  ExtensionReply heard_of_code_cache(Worker& worker, const HttpRequest& request);
  void top_up(const PoolHandle& pool);
  void set_provisioned(const PoolHandle& pool, int count);
  void want_snapshot(const PoolHandle& pool);
  const WorkerIdentity* snapshot_of(const PoolHandle& pool);
  void used(const WorkerHandle& snapshot);
  void no_snapshot(const PoolHandle& pool, WorkerLog& log, std::string why);
  void lost_snapshot(const WorkerHandle& snapshot, const spawn::Exited* exited);
  void end_snapshot(const PoolHandle& pool);
  void expire_snapshot(const PoolHandle& pool, int64_t now_ms);
  WorkerHandle take_idle(const PoolHandle& pool);
  void tell(const std::vector<spawn::Keep>& orders);
  void keep_ready(const FunctionConfiguration& function);
  void prepare_all();
  void make_room();
  void weigh();
  int64_t memory_of(const Worker& worker) const;
  void hand_over(const WorkerHandle& worker, const InvocationHandle& invocation);
  void run(const WorkerHandle& worker);
  void assign(const WorkerHandle& worker, const Invocation& invocation);
  void tell_of_long_calls();
  void unassign(Worker& worker);
  void deliver(const WorkerHandle& worker, Invocation& invocation);
  void asked_for_work(const WorkerHandle& worker);
  static Extensions& extensions_of(Worker& worker);
  static bool has_busy_extensions(const Worker& worker) {
    return worker.extensions && !worker.extensions->idle();
  }
  void extensions_moved(const WorkerHandle& worker);
  void send_events(const std::vector<ExtensionEvent>& events);
  void invoke_extensions(const Worker& worker, const NextInvocation& invocation);
  bool say_goodbye(const WorkerHandle& worker, std::string_view reason);
  void begin_telemetry(const WorkerHandle& worker);
  static const char* kind_of_start(const Worker& worker);
  void end_of_start(const WorkerHandle& worker);
  void look_at_telemetry(const WorkerHandle& worker, int64_t delay_ms);
  void send_telemetry(const WorkerHandle& worker);
  void await_telemetry(const WorkerHandle& worker, ConnectionId connection,
                       std::string_view subscriptions);
  void flush_telemetry(const WorkerHandle& worker);
  ExtensionReply subscribe(const WorkerHandle& worker, const HttpRequest& request);
  static RuntimeReply not_allowed(const Worker& worker, std::string_view to);
  void settle(const WorkerHandle& worker);
  void became_free(const WorkerHandle& worker);
  void take_on(const WorkerHandle& worker);
  void end_worker(const WorkerHandle& worker);
  void answered(const WorkerHandle& worker, std::string payload, bool is_error,
                std::string_view status, std::string error_type);
  void finish(const InvocationHandle& invocation, Result<InvokeResult> result);
  void free_slot();
  void refuse(const InvocationHandle& invocation);
  void wind_up(const WorkerHandle& worker);
  void write_report(const WorkerHandle& worker);
  void on(const spawn::Output& output);
  void on(const spawn::Exited& exited);
  void on(const spawn::SpawnFailed& failed);
  void on(const spawn::Started& started);
  void on(const spawn::Ended& ended);
  void on(const spawn::SnapshotTaken& taken);
  template <class Other>
  void on(const Other&) {}
  void gone(const WorkerHandle& worker, const spawn::Exited* exited);
  void leave(const WorkerHandle& worker, const spawn::Exited* exited);
  void fail_start(const WorkerHandle& worker, const spawn::Exited* exited);
  void adopt(const spawn::WorkerState& state);
  WorkerHandle add_worker(WorkerIdentity identity, const PoolHandle& pool);
  WorkerHandle find(std::string_view worker) const;
  void sweep();
  void retire(const PoolHandle& pool);
  void drop_pool_if_done(const PoolHandle& pool);
  InvocationHandle remember(Work work, PoolHandle pool);

  Reactor& reactor_;
  const Clock& clock_;
  Random& random_;
  engine::Logs& logs_;
  RuntimePlaces places_;
  const PoolOptions options_;
  SpawnerLink* link_ = nullptr;
  RuntimeEndpoint* endpoint_ = nullptr;
  uint64_t sweep_timer_ = 0, weigh_timer_ = 0;
  // (reactor) Calls of which the spawner is told if they last, by when.
  struct BriefCall {
    WorkerHandle worker;
    uint64_t call = 0;
    int64_t until_ms = 0;  // monotonic
  };
  std::deque<BriefCall> brief_calls_;
  uint64_t brief_timer_ = 0;
  bool stopped_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // (reactor) timers outlive stop()

  mutable std::mutex mutex_;
  std::map<std::string, PoolHandle> pools_;
  std::map<std::string, WorkerHandle, std::less<>> workers_;
  std::unordered_map<std::string, InvocationHandle> invocations_;
  std::deque<InvocationHandle> queue_;  // wait for a slot
  KeptReady ready_;
  std::vector<FunctionConfiguration> prepare_later_;  // wait for the spawner
  UsageCounters usage_;
  int slots_taken_ = 0;
  int starting_ = 0;
  std::deque<PoolHandle> starts_wanted_;  // when there are fewer
  GreedyDual eviction_;
  // By ARN: how many invocations a function has, and those that wait until it has fewer.
  std::unordered_map<std::string, int64_t> in_use_;
  std::unordered_map<std::string, std::deque<InvocationHandle>> held_;
  uint64_t cold_starts_ = 0;
  std::vector<std::function<void()>> calls_;  // to make once the lock is released
};

}  // namespace perdure::executors
