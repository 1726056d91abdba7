#pragma once
// A function runtime on a temporary data folder, with real processes: this test program as the
// spawner, the machine's Python and Node as workers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_runner.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "engine/logs.h"
#include "executors/functions/function_runtime.h"
#include "executors/functions/pool/launch.h"

namespace perdure::executors {

// What the documents of a test stand on: a map that is written at once.
class MapStore final : public engine::Store, public engine::DocumentWriter {
 public:
  void write(engine::DocumentWrite write, std::function<void(Result<int64_t>)> done) override;
  Result<std::vector<engine::Document>> documents(std::string_view kind) override;

  // Not used by functions.
  Result<int64_t> acquire_leases() override { return 1; }
  Result<engine::BatchOutcome> commit(int64_t, const engine::Batch&) override { return unused(); }
  Result<std::vector<engine::JournalRow>> load_journal(const engine::ActorKey&, int64_t,
                                                       int64_t) override {
    return unused();
  }
  Result<std::optional<engine::ActorKind>> actor_kind(const engine::ActorKey&) override {
    return unused();
  }
  Result<std::optional<engine::ExecutionRecord>> find_execution(const engine::ActorKey&) override {
    return unused();
  }
  Result<std::vector<engine::ExecutionRecord>> list_executions(const engine::ExecutionFilter&,
                                                               const engine::ExecutionPosition&,
                                                               int64_t) override {
    return unused();
  }
  Result<int64_t> count_open(const engine::Tenant&, std::string_view) override { return unused(); }
  Result<int64_t> last_sequence(const engine::ActorKey&) override { return unused(); }
  engine::ObjectRows& objects() override { std::abort(); }
  Result<std::optional<engine::Checkpoint>> load_checkpoint(const engine::ActorKey&) override {
    return unused();
  }
  Result<bool> blob_is_named(std::string_view) override { return unused(); }
  Result<engine::StoreStats> stats() override { return unused(); }
  Result<std::vector<engine::ActorDue>> due_before(int64_t, const engine::DuePosition&,
                                                   int64_t) override {
    return unused();
  }
  Result<std::optional<int64_t>> earliest_due() override { return unused(); }
  Result<std::vector<engine::OpenActor>> open_actors(int64_t, int64_t) override { return unused(); }
  Result<std::vector<engine::InboxMessage>> inbox() override { return unused(); }
  Result<int64_t> expire(int64_t, int64_t, int64_t) override { return unused(); }

 private:
  static Error unused() { return internal_error("not part of this test"); }
  std::mutex mutex_;
  std::map<std::string, engine::Document> documents_;
};

using Files = std::map<std::string, std::string>;

class RuntimeTest : public testing::Test {
 protected:
  RuntimeTest();
  ~RuntimeTest() override;

  // Makes (again, on the same folder) and starts the runtime.
  void start(FunctionOptions options = {});
  // Drops the runtime as a crash would: without a word to spawner and workers.
  void drop();

  // The package of these files, stored under a temporary folder and used in place.
  FolderCode folder_with(const Files& files);
  static std::string zip_of(const Files& files);

  // Waits for what a call of the catalog's completes with.
  template <class T>
  static Result<T> wait(const std::function<void(Done<T>)>& call) {
    std::promise<Result<T>> done;
    call([&](Result<T> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }

  // `more` has what the other arguments do not give: layers, extra.
  void create(const std::string& name, const Files& files,
              const std::string& runtime = "python3.11", const std::string& handler = "f.handler",
              int64_t timeout_s = 10, std::map<std::string, std::string> environment = {},
              CreateFunction more = {});
  void python(const std::string& name, const std::string& source, int64_t timeout_s = 10) {
    create(name, {{"f.py", source}}, "python3.11", "f.handler", timeout_s);
  }
  void node(const std::string& name, const std::string& source, int64_t timeout_s = 10) {
    create(name, {{"f.js", source}}, "nodejs20.x", "f.handler", timeout_s);
  }

  std::future<Result<InvokeResult>> begin(const std::string& name,
                                          const std::string& payload = "{}", bool may_queue = false,
                                          bool log_tail = false);
  Result<InvokeResult> invoke(const std::string& name, const std::string& payload = "{}",
                              bool log_tail = false);
  std::vector<std::string> log_of(const std::string& name);
  // Waits a moment for a line that ends so: what a worker prints comes beside its answer.
  bool comes_into_log(const std::string& name, const std::string& end);

  FunctionRuntime& runtime() { return *runtime_; }

  const engine::Tenant tenant_{"111111111111", "us-east-1"};
  std::string folder_;
  SystemClock clock_;
  SystemRandom random_;
  MapStore store_;
  std::unique_ptr<engine::Blobs> blobs_;
  ThreadRunner log_runner_{"test-logs"};
  std::unique_ptr<engine::Logs> logs_;
  std::unique_ptr<ReactorThread> reactor_;
  std::unique_ptr<FunctionRuntime> runtime_;
  int folders_ = 0;
};

// Names refuse as `name: cause`.
inline std::string refusal_of(const Error& error) { return error.name + ": " + error.cause; }
// A sleep of ten minutes that no other process of this machine has, for `sleep`.
std::string unique_sleep();
// The processes of this machine whose command has the text. In a sandbox they have other numbers.
std::vector<int> processes_with(const std::string& text);
// Waits a moment for them to be there: what a child is called is seen when it has begun its own
// program. Or to be gone.
bool begin_soon(const std::string& text);
bool end_soon(const std::string& text);

// A member of an answer's JSON.
std::string member(const Result<InvokeResult>& result, const std::string& name);

}  // namespace perdure::executors
