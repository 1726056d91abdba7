#pragma once
// An engine on one thread with a clock that stands still unless it is told otherwise. The store
// outlives the world's crashes.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/assembly.h"
#include "engine/store/memory.h"

namespace perdure::engine {

class ManualClock final : public Clock {
 public:
  int64_t now_ms() const override { return now; }
  int64_t now = 1'763'702'869'123;
};

// Runs what is posted when it is told to, timers in the order of their moments.
class ManualRunner final : public Runner {
 public:
  explicit ManualRunner(ManualClock& clock) : clock_(clock) {}
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void run_at(int64_t moment_ms, Work work) override {
    timers_.emplace(moment_ms, std::move(work));
  }

  // One piece of work that is due now; false if there is none.
  bool step() {
    if (posted_.empty() && !timers_.empty() && timers_.begin()->first <= clock_.now) {
      posted_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    if (posted_.empty()) return false;
    Work work = std::move(posted_.front());
    posted_.pop_front();
    work();
    return true;
  }
  // Lets time pass until the next timer; false if there is none before `until_ms`.
  bool skip(int64_t until_ms) {
    if (timers_.empty() || timers_.begin()->first > until_ms) return false;
    clock_.now = std::max(clock_.now, timers_.begin()->first);
    return true;
  }

 private:
  ManualClock& clock_;
  std::deque<Work> posted_;
  std::multimap<int64_t, Work> timers_;
};

// Passes everything on; at the chosen commit the process is gone, before it or after it.
class CrashingStore final : public Store {
 public:
  explicit CrashingStore(Store& inner) : inner_(inner) {}

  int64_t commits = 0;
  int64_t crash_at = -1;
  bool before = false;
  bool crashed = false;
  bool disk_full = false;
  int64_t largest_expiry = 0;
  std::optional<ActorKey> damaged;  // whose journal cannot be read

  Result<BatchOutcome> commit(int64_t epoch, const Batch& batch) override {
    if (disk_full) return Error{ErrorKind::unavailable, "ServiceUnavailable", "disk full"};
    if (++commits == crash_at) {
      crashed = true;
      if (!before) (void)inner_.commit(epoch, batch);
      return Error{ErrorKind::unavailable, "Gone", "nobody hears of it"};
    }
    return inner_.commit(epoch, batch);
  }
  Result<int64_t> acquire_leases() override { return inner_.acquire_leases(); }
  Result<std::vector<JournalRow>> load_journal(const ActorKey& actor, int64_t from,
                                               int64_t limit) override {
    if (damaged == actor) return internal_error("Row 1 of its journal is damaged.");
    return inner_.load_journal(actor, from, limit);
  }
  Result<std::optional<ActorKind>> actor_kind(const ActorKey& actor) override {
    return inner_.actor_kind(actor);
  }
  Result<std::optional<ExecutionRecord>> find_execution(const ActorKey& actor) override {
    return inner_.find_execution(actor);
  }
  Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                       const ExecutionPosition& after,
                                                       int64_t limit) override {
    return inner_.list_executions(filter, after, limit);
  }
  Result<int64_t> count_open(const Tenant& tenant, std::string_view arn) override {
    return inner_.count_open(tenant, arn);
  }
  Result<int64_t> last_sequence(const ActorKey& actor) override {
    return inner_.last_sequence(actor);
  }
  ObjectRows& objects() override { return inner_.objects(); }
  Result<std::optional<Checkpoint>> load_checkpoint(const ActorKey& actor) override {
    return inner_.load_checkpoint(actor);
  }
  Result<bool> blob_is_named(std::string_view hash) override { return inner_.blob_is_named(hash); }
  Result<StoreStats> stats() override { return inner_.stats(); }
  Result<std::vector<ActorDue>> due_before(int64_t moment, const DuePosition& after,
                                           int64_t limit) override {
    return inner_.due_before(moment, after, limit);
  }
  Result<std::optional<int64_t>> earliest_due() override { return inner_.earliest_due(); }
  Result<std::vector<OpenActor>> open_actors(int64_t after, int64_t limit) override {
    return inner_.open_actors(after, limit);
  }
  Result<std::vector<InboxMessage>> inbox() override { return inner_.inbox(); }
  Result<std::vector<Document>> documents(std::string_view kind) override {
    return inner_.documents(kind);
  }
  Result<int64_t> expire(int64_t epoch, int64_t before_ms, int64_t limit) override {
    largest_expiry = std::max(largest_expiry, limit);
    return inner_.expire(epoch, before_ms, limit);
  }

 private:
  Store& inner_;
};

// An executor that answers from a function, at once or when it is told to.
class ScriptedExecutor final : public Executor {
 public:
  using Script = std::function<std::optional<TaskAnswer>(const TaskRequest&)>;
  ScriptedExecutor(AnswerSink& sink, Script script) : sink_(sink), script_(std::move(script)) {}

  bool serves(const asl::TaskResource& resource) const override {
    return resource.family == asl::TaskResource::Family::lambda_function ||
           resource.service == "lambda" || resource.service == "glue";
  }
  std::optional<std::string> reserve(const TaskRequest& request) override {
    if (!warm) return std::nullopt;
    return "request-" + std::to_string(request.attempt.scheduled);
  }
  void dispatch(TaskRequest request) override {
    dispatched.push_back(request);
    if (request.request_id.empty()) {
      waiting[request.attempt] = request;
      sink_.answer(request.attempt, answer::Ready{"cold-" + std::to_string(++cold_)});
    } else {
      run(request);
    }
  }
  void go(const AttemptId& attempt) override {
    const auto found = waiting.extract(attempt);
    if (found) run(found.mapped());
  }
  void cancel(const AttemptId& attempt) override {
    waiting.erase(attempt);
    cancelled.push_back(attempt);
  }
  void recover(TaskRequest request) override {
    recovered.push_back(request);
    sink_.answer(request.attempt, answer::Failed{"Lambda.ServiceException", "its worker is gone"});
  }

  bool warm = true;
  std::vector<TaskRequest> dispatched, ran, recovered;
  std::vector<AttemptId> cancelled;
  std::map<AttemptId, TaskRequest> waiting;

 private:
  void run(const TaskRequest& request) {
    ran.push_back(request);
    if (auto answer = script_(request)) sink_.answer(request.attempt, std::move(*answer));
  }

  AnswerSink& sink_;
  const Script script_;
  int cold_ = 0;
};

class World {
 public:
  explicit World(ScriptedExecutor::Script script_ = {},
                 std::unique_ptr<Store> store_ = memory_store())
      : script(std::move(script_)), store(std::move(store_)), blobs(memory_blobs()) {
    boot();
  }

  // The process ends without a word, and a new one starts over what is durable.
  void crash() {
    assembly.reset();
    boot();
  }

  void boot() {
    faulty = std::make_unique<CrashingStore>(*store);
    runner = std::make_unique<ManualRunner>(clock);
    compute = std::make_unique<ManualRunner>(clock);
    auto made = make_engine({clock,
                             random,
                             {runner.get(), runner.get()},
                             *runner,
                             *runner,
                             *faulty,
                             *blobs,
                             limits,
                             compute.get(),
                             mutant});
    if (!made) throw std::runtime_error(made.error().cause);
    assembly = std::move(*made);
    if (script) {
      executor = std::make_shared<ScriptedExecutor>(assembly->answers(), script);
      assembly->add_executor(executor);
    }
    if (auto started = assembly->start(); !started) {
      throw std::runtime_error(started.error().cause);
    }
  }

  Engine& engine() { return assembly->engine(); }

  // Until nothing is left to do at this moment, or the store crashes.
  void settle() {
    while (!faulty->crashed && (runner->step() || (!hold_compute && compute->step()))) {
    }
  }
  // Lets up to `ms` pass.
  void pass(int64_t ms) {
    const int64_t until = clock.now + ms;
    settle();
    while (!faulty->crashed && runner->skip(until)) settle();
    if (!faulty->crashed) clock.now = std::max(clock.now, until);
  }

  std::string machine(const std::string& name, const std::string& definition,
                      asl::MachineType type = asl::MachineType::standard, Json settings = {}) {
    StateMachineRecord record;
    record.settings = std::move(settings);
    record.name = name;
    record.arn = state_machine_arn({}, name);
    record.type = type;
    record.definition = definition;
    record.role_arn = "arn:aws:iam::000000000000:role/any";
    std::optional<Result<StateMachineRecord>> created;
    engine().state_machines().create(record, [&](auto result) { created = std::move(result); });
    settle();
    if (!created || !*created) throw std::runtime_error("no state machine");
    return record.arn;
  }

  std::optional<Result<Started>> start(const std::string& machine, const std::string& name,
                                       const std::string& input = "{}") {
    auto result = std::make_shared<std::optional<Result<Started>>>();
    StartRequest request;
    request.state_machine_arn = machine;
    request.name = name;
    request.input = input;
    engine().start_execution(request, [result](auto started) { *result = std::move(started); });
    settle();
    return *result;
  }

  std::string status(const std::string& machine, const std::string& name) {
    const auto view = describe(machine, name);
    return view ? view->record.status : view.error().name;
  }
  Result<ExecutionView> describe(const std::string& machine, const std::string& name) {
    return engine().describe_execution(
        execution_arn({}, machine.substr(machine.rfind(':') + 1), name));
  }

  ManualClock clock;
  SeededRandom random{7};
  EngineLimits limits;
  Mutant mutant = Mutant::none;
  ScriptedExecutor::Script script;
  std::unique_ptr<Store> store;
  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<CrashingStore> faulty;
  std::unique_ptr<ManualRunner> runner;
  std::unique_ptr<ManualRunner> compute;
  bool hold_compute = false;  // what is too much for a shard is not dealt with yet
  std::unique_ptr<Assembly> assembly;
  std::shared_ptr<ScriptedExecutor> executor;
};

}  // namespace perdure::engine
