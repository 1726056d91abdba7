#pragma once
// Functions that run: the Lambda-compatible runtime as the faces (api, CLI) see it.
//
// Errors carry AWS's names and texts: ResourceNotFoundException (404), ResourceConflictException,
// InvalidParameterValueException, CodeStorageExceededException, InvalidRequestContentException,
// TooManyRequestsException, PreconditionFailedException, RequestTooLargeException,
// ServiceException.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "engine/executor.h"
#include "engine/invocations.h"
#include "engine/logs.h"
#include "engine/store/store.h"
#include "executors/functions/catalog/function_name.h"
#include "executors/functions/function_types.h"
#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/level.h"

namespace perdure::executors {

class FunctionCatalog;

struct FunctionOptions {
  std::string
      data_folder;  // code is unpacked under it, the sockets and the spawner's log are in it
  // Starts a spawner for the data folder: the engine's own binary in another mode. The folder is
  // appended as `--data FOLDER`.
  std::vector<std::string> spawner_command = {"/proc/self/exe", "spawner"};
  std::string endpoint_url = "http://127.0.0.1:4566";  // AWS_ENDPOINT_URL of the workers
  int concurrency = 0;  // invocations at once; 0: 16 x cores, less where there is little memory
  int starts = 0;       // workers that may be starting at once; 0: 2 x cores
  int64_t account_concurrency = 1000;  // what reserved concurrency is taken from, for each account
  int64_t idle_ttl_ms = 600'000;       // a worker without work ends after this
  int64_t memory_mib = 0;              // warm workers beyond it give way; 0: half of what there is
  int64_t init_timeout_ms = 10'000;  // until a new worker asks for work, or the function's timeout
  bool rerun_after_crash = false;    // after_crash = rerun: attempts that were lost run again
  // The sandbox of workers (docs/sandbox.md): the strongest that this machine allows, or this
  // weaker one. start() fails where less than `required_sandbox` can be had.
  std::optional<sandbox::Level> chosen_sandbox;
  sandbox::Level required_sandbox = sandbox::Level::none;
  // End the spawner and its workers with the runtime. False (the default): they stay for 60 s, so
  // that the next engine finds what was running.
  bool end_workers_on_stop = false;
};

// All outlive the runtime.
struct FunctionParts {
  const Clock& clock;
  Random& random;  // the runtime serialises its own use
  Reactor& reactor;
  engine::Store& store;
  engine::DocumentWriter& writer;
  engine::Blobs& blobs;
  engine::Logs& logs;
  Runner& runner;  // for what blocks on the disk and nobody waits for
  FunctionOptions options;
};

// Safe from any thread. Callbacks are called once, from any thread. Objects are made before
// Assembly::start (add_executor(runtime->executor(assembly.answers()))).
class FunctionRuntime {
 public:
  virtual ~FunctionRuntime() = default;

  // Connects to the spawner, starting one if none answers, and takes over the workers it has.
  // Before Assembly::start.
  virtual Result<> start() = 0;
  // Refuses new invocations, takes leave of the spawner. Running functions run on there. After it
  // no callback comes any more; before the answer sink and the engine go.
  virtual void stop() = 0;

  // Serves function ARNs and lambda:invoke. One per sink.
  virtual std::shared_ptr<engine::Executor> executor(engine::AnswerSink& sink) = 0;

  // Checking and unpacking a package blocks the caller; `done` comes once the change is durable.
  // A runtime that is not installed is refused with advice; a version that is mapped onto the
  // installed interpreter logs a warning.
  virtual void create(CreateFunction request, Done<FunctionConfiguration> done) = 0;
  virtual void update(engine::Tenant tenant, std::string function, UpdateFunction update,
                      Done<FunctionConfiguration> done) = 0;
  virtual void remove(engine::Tenant tenant, std::string function, Done<bool> done) = 0;
  virtual void remove_version(const FunctionName& version, Done<bool> done) = 0;
  // `function`: name, partial ARN or ARN. An alias of two versions gives its own.
  virtual Result<FunctionConfiguration> find(const engine::Tenant& tenant,
                                             std::string_view function,
                                             std::string_view qualifier = {}) const = 0;
  virtual std::vector<FunctionConfiguration> list(const engine::Tenant& tenant) const = 0;
  // Versions, aliases and limits of functions.
  virtual FunctionCatalog& catalog() = 0;

  // RequestResponse. The answer of a function that failed is a value with function_error set.
  virtual void invoke(InvokeRequest request, Done<InvokeResult> done) = 0;
  // DryRun and Event's checks: everything that invoke would refuse before it takes a slot.
  virtual Result<> check_invoke(const InvokeRequest& request) const = 0;

  // For Invocations::set_invoker: InvocationType Event goes through the engine, which makes it
  // durable and calls back here.
  virtual engine::FunctionInvoker& invoker() = 0;
  // For lambda:invoke with InvocationType Event; before executor(). Without it such calls are not
  // durable.
  virtual void set_invocations(engine::Invocations& invocations) = 0;

  // The function whose worker has this access key, while the worker lives: its requests to our own
  // API belong to its account, and some are refused to it.
  struct KeyOwner {
    engine::Tenant tenant;
    std::string name;
    std::string role;
  };
  virtual std::optional<KeyOwner> owner_of_key(std::string_view access_key) const = 0;

  // Keeps as many workers as the function has provisioned by now: after a change of that, or of an
  // alias.
  virtual void reprovision(const engine::Tenant&, std::string_view) {}
  virtual ProvisionState provisioned(const FunctionConfiguration&) const { return {}; }

  // As the catalog's; a version with SnapStart is got ready in the background.
  virtual void publish(const engine::Tenant& tenant, std::string function, PublishVersion request,
                       Done<FunctionConfiguration> done) = 0;
  // A version with SnapStart whose workers come, or will come, from a snapshot.
  virtual bool is_optimized(const FunctionConfiguration&) const { return false; }

  // For doctor and the console.
  struct Statistics {
    int workers = 0;
    int busy = 0;
    int queued = 0;
    int concurrency = 0;
    int spawner_pid = 0;  // 0: not connected
    uint64_t cold_starts = 0;
    int64_t memory_kib = 0;  // of all workers, what they share counted once
    sandbox::Level sandbox_level = sandbox::Level::none;  // of new workers
    std::string sandbox_said;  // in a sentence, with why it is no stronger one
  };
  virtual Statistics statistics() const = 0;
  virtual std::vector<FunctionUsage> usage() const { return {}; }
};

Result<std::unique_ptr<FunctionRuntime>> make_function_runtime(FunctionParts parts);

}  // namespace perdure::executors
