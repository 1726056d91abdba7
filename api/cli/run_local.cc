// run: one execution of a definition in this process, in memory, with its progress on the terminal.

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

#include "api/cli/definition_file.h"
#include "api/cli/input_text.h"
#include "api/cli/live_view.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "api/states/history_json.h"
#include "api/states/names.h"
#include "base/hash.h"
#include "base/thread_runner.h"
#include "engine/assembly.h"
#include "engine/store/memory.h"

namespace perdure::api::cli {

namespace {

// What comes from the engine's threads is waited for here.
template <class T>
class Answer {
 public:
  engine::Callback<T> callback() {
    return [this](Result<T> result) {
      const std::lock_guard lock(mutex_);
      result_ = std::move(result);
      arrived_.notify_all();
    };
  }
  // True once it is there; waits for a moment only.
  bool arrives_soon() {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::milliseconds(50),
                             [this] { return result_.has_value(); });
  }
  Result<T> get() {
    while (!arrives_soon()) {
    }
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Result<T>> result_;
};

// An engine without a disk.
class LocalEngine {
 public:
  Result<> start() {
    PD_TRY(assembly, engine::make_engine(
                         {clock_, random_, {&shard_}, committer_, timers_, *store_, *blobs_, {}}));
    assembly_ = std::move(assembly);
    return assembly_->start();
  }
  ~LocalEngine() {
    timers_.stop();
    shard_.stop();
    committer_.stop();
  }
  engine::Engine& engine() { return assembly_->engine(); }
  int64_t now_ms() const { return clock_.now_ms(); }

 private:
  SystemClock clock_;
  SystemRandom random_;
  ThreadRunner shard_{"shard"}, committer_{"committer"}, timers_{"timers"};
  std::unique_ptr<engine::Store> store_ = engine::memory_store();
  std::unique_ptr<engine::Blobs> blobs_ = engine::memory_blobs();
  std::unique_ptr<engine::Assembly> assembly_;
};

// Nothing if the definition is wrong, which has been said then.
std::optional<engine::StateMachineRecord> machine_of(const DefinitionFile& file) {
  const asl::ParseOutcome outcome = asl::parse_definition(file.text);
  if (!outcome.ok()) {
    const bool colour = has_colour(STDERR_FILENO);
    for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
      write_err(diagnostic_line(file, diagnostic, colour));
    }
    return std::nullopt;
  }
  engine::StateMachineRecord record;
  record.name = "local";
  record.arn = engine::state_machine_arn(record.tenant, record.name);
  record.role_arn = "arn:aws:iam::000000000000:role/local";
  record.definition = file.text;
  record.definition_hash = hex(sha256(file.text));
  record.settings = Json::object();
  return record;
}

void read_events(engine::Engine& engine, const std::string& arn, ProgressTree& tree) {
  for (bool more = true; more;) {
    const auto page = engine.history(arn, tree.last_event(), false, 1000);
    if (!page) return;
    for (const asl::Entry& entry : page->events) tree.add(history_event_json(entry, false));
    more = page->more;
  }
}

int report(const engine::Closed& closed, bool json) {
  const std::string status(asl::status_name(closed.status));
  if (json) {
    Json end = Json::object({{"status", status}});
    if (closed.error) end["error"] = *closed.error;
    if (closed.cause) end["cause"] = *closed.cause;
    std::string text = dump_json(end);
    if (closed.output) {
      text.pop_back();
      text += ",\"output\":" + std::string(closed.output.text()) + "}";
    }
    write_out(text + "\n");
  } else if (closed.output) {
    write_out(std::string(closed.output.text()) + "\n");
  } else {
    const bool colour = has_colour(STDERR_FILENO);
    write_err(paint(status, status_colour(status), colour) + "  " +
              printable(closed.error.value_or("")) + "  " + printable(closed.cause.value_or("")) +
              "\n");
  }
  return closed.status == asl::ExecutionStatus::succeeded ? ok : failed;
}

Result<int> do_run(const RunOptions& options) {
  PD_TRY(file, read_definition_file(options.file));
  PD_TRY(input, input_text(options.input));
  PD_CHECK(check_execution_input(input, asl::Limits{}.max_payload_bytes));
  const auto machine = machine_of(file);
  if (!machine) return int(failed);
  LocalEngine local;
  PD_CHECK(local.start());
  Answer<engine::StateMachineRecord> created;
  local.engine().state_machines().create(*machine, created.callback());
  PD_CHECK(created.get());

  Answer<engine::Started> started;
  local.engine().start_execution({machine->tenant, machine->arn, "", input, ""},
                                 started.callback());
  PD_TRY(execution, started.get());
  Answer<engine::Closed> closed;
  local.engine().wait_closed(execution.execution_arn, closed.callback());
  ProgressTree tree;
  LiveView view;
  while (!closed.arrives_soon()) {
    read_events(local.engine(), execution.execution_arn, tree);
    view.draw(tree, local.now_ms());
  }
  read_events(local.engine(), execution.execution_arn, tree);
  view.finish(tree, local.now_ms());
  PD_TRY(end, closed.get());
  return report(end, options.common.json);
}

}  // namespace

int run_local(const RunOptions& options) {
  const auto result = do_run(options);
  return result ? *result : complain(result.error());
}

}  // namespace perdure::api::cli
