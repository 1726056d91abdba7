#include "executors/functions/function_runtime.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

#include "asl/value/value.h"
#include "base/files.h"
#include "base/log.h"
#include "base/memory_limit.h"
#include "bootstrap_files.h"
#include "executors/functions/catalog/catalog.h"
#include "executors/functions/embedded.h"
#include "executors/functions/event_policy.h"
#include "executors/functions/lambda_executor.h"
#include "executors/functions/pool/code_caches.h"
#include "executors/functions/pool/pools.h"
#include "executors/functions/sandbox/probe.h"
#include "executors/functions/sockets.h"

namespace perdure::executors {
namespace {

constexpr auto spawner_patience = std::chrono::seconds(20);

// One caller at a time.
class LockedRandom final : public Random {
 public:
  explicit LockedRandom(Random& random) : random_(random) {}
  uint64_t next() override {
    std::lock_guard lock(mutex_);
    return random_.next();
  }

 private:
  std::mutex mutex_;
  Random& random_;
};

int processors() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

// Functions wait more than they compute; and a task's place is taken from before its commit on.
int concurrency_of(const FunctionOptions& options) {
  if (options.concurrency > 0) return options.concurrency;
  constexpr int64_t usual_bytes = 128 << 20;  // of a worker at work
  const int64_t fit = memory_limit_bytes() / usual_bytes;
  return static_cast<int>(std::clamp<int64_t>(fit, 4 * processors(), 16 * processors()));
}

int64_t memory_kib_of(const FunctionOptions& options) {
  if (options.memory_mib > 0) return options.memory_mib << 10;
  return (memory_limit_bytes() >> 10) / 2;
}

std::vector<std::string> spawner_command(const FunctionOptions& options) {
  std::vector<std::string> command = options.spawner_command;
  command.insert(command.end(), {"--data", options.data_folder});
  return command;
}

Error request_too_large(size_t bytes, size_t limit) {
  return Error{ErrorKind::too_large, "RequestTooLargeException",
               std::to_string(bytes) +
                   " byte payload is too large for the RequestResponse "
                   "invocation type (limit " +
                   std::to_string(limit) + " bytes)"};
}

// A start needs no space on the disk for what is there already.
Result<> write_if_changed(const std::string& path, std::string_view content) {
  if (const auto there = read_file(path); there && *there == content) return {};
  return write_file_atomically(path, content);
}

// It may be running: the next start needs another file then, not another content of this one.
Result<> write_program(const std::string& path, std::string_view content) {
  PD_CHECK(write_if_changed(path, content));
  if (chmod(path.c_str(), 0755) != 0) return system_error("make executable", path, errno);
  return {};
}

Result<> write_bootstraps(const std::string& folder) {
  const std::pair<const char*, std::string_view> files[] = {
      {"/bootstrap.py", embedded::bootstrap_py},
      {"/zygote.py", embedded::zygote_py},
      {"/warm.py", embedded::warm_py},
      {"/snapshot.py", embedded::snapshot_py},
      {"/snapshot_restore_py.py", embedded::snapshot_restore_py_py},
      {"/bootstrap.mjs", embedded::bootstrap_mjs},
      {"/code_cache.mjs", embedded::code_cache_mjs},
      {"/node_path.mjs", embedded::node_path_mjs},
      {"/streaming.mjs", embedded::streaming_mjs}};
  for (const auto& [name, content] : files) {
    PD_CHECK(write_if_changed(folder + name, content));
    if (chmod((folder + name).c_str(), 0644) != 0) return system_error("open", folder, errno);
  }
  PD_CHECK(write_if_changed(folder + "/forker.so", embedded_forker()));
  if (chmod((folder + "/forker.so").c_str(), 0644) != 0) return system_error("open", folder, errno);
  if (chmod(folder.c_str(), 0755) != 0) return system_error("open", folder, errno);
  return write_program(folder + "/bridge", embedded_bridge());
}

// What workers without a root of their own get for /tmp: that itself, unless the engine's own files
// lie in it.
std::string writable_folder(const std::string& data_folder, const std::string& sockets) {
  const bool ours = data_folder.starts_with("/tmp/") || sockets.starts_with("/tmp/");
  return ours ? data_folder + "/functions/tmp" : "";
}

class Runtime final : public FunctionRuntime, public engine::FunctionInvoker {
 public:
  Runtime(FunctionParts parts, std::string data_folder, std::string sockets)
      : parts_(parts),
        sockets_(std::move(sockets)),
        random_(parts.random),
        places_{.bootstrap_folder = data_folder + "/functions/bootstrap",
                .endpoint_socket = worker_socket(sockets_),
                .endpoint_url = parts.options.endpoint_url,
                .writable_folder = writable_folder(data_folder, sockets_),
                .layers_folder = data_folder + "/functions/layers"},
        catalog_(parts.clock, random_, parts.writer, parts.blobs, data_folder + "/functions/code",
                 places_.layers_folder),
        code_caches_(data_folder + "/functions/code_caches", parts.runner),
        pools_(parts.reactor, parts.clock, random_, parts.logs, places_,
               {.concurrency = concurrency_of(parts.options),
                .idle_ttl_ms = parts.options.idle_ttl_ms,
                .init_timeout_ms = parts.options.init_timeout_ms,
                .memory_kib = memory_kib_of(parts.options),
                .starts = parts.options.starts > 0 ? parts.options.starts : 2 * processors(),
                .code_caches = &code_caches_}),
        endpoint_(parts.reactor, pools_),
        link_(parts.reactor, sockets_, spawner_command(parts.options), handlers()) {}

  ~Runtime() override { stop(); }

  Result<> start() override {
    PD_CHECK(make_directories(places_.bootstrap_folder, 0755));
    PD_CHECK(write_bootstraps(places_.bootstrap_folder));
    PD_CHECK(make_directories(std::filesystem::path(places_.endpoint_socket).parent_path()));
    if (!places_.writable_folder.empty()) PD_CHECK(make_directories(places_.writable_folder));
    PD_CHECK(catalog_.load(parts_.store));
    auto ready = connected_.get_future();
    parts_.reactor.post([this] {
      pools_.attach(link_, endpoint_);
      link_.start();
    });
    std::vector<std::string> arns;
    for (const auto& function : catalog_.all()) {
      arns.push_back(function->arn);
      keep_code_caches(*function);
      pools_.prepare(*function);
      if (!function->provisioned.empty()) reprovision(function->tenant, function->name);
    }
    code_caches_.keep_functions(arns);
    started_ = true;
    if (ready.wait_for(spawner_patience) != std::future_status::ready) {
      return internal_error("the spawner of the functions does not answer");
    }
    return ready.get();
  }

  void stop() override {
    if (!std::exchange(started_, false)) return;
    std::promise<void> stopped;
    parts_.reactor.post([&] {
      pools_.stop();
      if (parts_.options.end_workers_on_stop) link_.send(spawn::Shutdown{});
      link_.stop();
      endpoint_.stop();
      // What was posted before this has run; what that posted in turn runs before the second post.
      parts_.reactor.post([&] { stopped.set_value(); });
    });
    stopped.get_future().wait();
  }

  std::shared_ptr<engine::Executor> executor(engine::AnswerSink& sink) override {
    return std::make_shared<LambdaExecutor>(
        sink, catalog_, pools_, parts_.clock, random_,
        LambdaExecutorOptions{.rerun_after_crash = parts_.options.rerun_after_crash,
                              .invocations = invocations_,
                              .logs = &parts_.logs});
  }

  // ---- the catalog
  void create(CreateFunction request, Done<FunctionConfiguration> done) override {
    catalog_.create(std::move(request),
                    [this, done = std::move(done)](Result<FunctionConfiguration> created) {
                      if (created) pools_.prepare(*created);
                      done(std::move(created));
                    });
  }

  void update(engine::Tenant tenant, std::string function, UpdateFunction update,
              Done<FunctionConfiguration> done) override {
    catalog_.update(tenant, function, std::move(update),
                    [this, done = std::move(done)](Result<FunctionConfiguration> changed) {
                      if (changed) pools_.retire(changed->arn, changed->revision_id);
                      if (changed) pools_.prepare(*changed);
                      if (changed) keep_code_caches(*changed);
                      done(std::move(changed));
                    });
  }

  void remove(engine::Tenant tenant, std::string function, Done<bool> done) override {
    catalog_.remove(tenant, function, [this, done = std::move(done)](Result<std::string> removed) {
      if (!removed) return done(removed.error());
      pools_.retire(*removed, "");
      pools_.provision(*removed, {});
      code_caches_.keep_only(*removed, {});
      done(true);
    });
  }

  Result<FunctionConfiguration> find(const engine::Tenant& tenant, std::string_view function,
                                     std::string_view qualifier) const override {
    PD_TRY(name, parse_function_name(tenant, function));
    PD_CHECK(add_qualifier(name, qualifier));
    PD_TRY(found, catalog_.find(name));
    return *found;
  }

  void remove_version(const FunctionName& version, Done<bool> done) override {
    const auto found = catalog_.find(version);
    const std::string arn = found ? (*found)->arn : "";
    catalog_.remove_version(version, [this, arn, number = version.qualifier,
                                      done = std::move(done)](Result<bool> removed) {
      if (removed) pools_.retire_version(arn, number);
      done(std::move(removed));
    });
  }

  FunctionCatalog& catalog() override { return catalog_; }

  void publish(const engine::Tenant& tenant, std::string function, PublishVersion request,
               Done<FunctionConfiguration> done) override {
    catalog_.publish(tenant, function, std::move(request),
                     [this, done = std::move(done)](Result<FunctionConfiguration> version) {
                       if (version && snap_starts(*version)) {
                         const auto root = catalog_.code_root(*version);
                         auto handle = std::make_shared<const FunctionConfiguration>(*version);
                         if (root) pools_.take_snapshot(std::move(handle), *root);
                       }
                       done(std::move(version));
                     });
  }

  bool is_optimized(const FunctionConfiguration& version) const override {
    return pools_.optimizes(version);
  }

  std::vector<FunctionConfiguration> list(const engine::Tenant& tenant) const override {
    return catalog_.list(tenant);
  }

  // ---- invocations
  Result<> check_invoke(const InvokeRequest& request) const override {
    PD_TRY(name, name_of(request));
    PD_CHECK(catalog_.find_to_invoke(name, 1));
    if (request.payload.size() > max_sync_payload_bytes) {
      return request_too_large(request.payload.size(), max_sync_payload_bytes);
    }
    return check_json(request.payload);
  }

  void invoke(InvokeRequest request, Done<InvokeResult> done) override {
    if (Result<> checked = check_invoke(request); !checked) return done(checked.error());
    const auto name = name_of(request);
    if (!name) return done(name.error());
    auto function = catalog_.find_to_invoke(*name, chance_of(random_.next()));
    if (!function) return done(function.error());
    auto root = catalog_.code_root(**function);
    if (!root) return done(root.error());
    pools_.invoke({.request_id = std::move(request.request_id),
                   .function = *function,
                   .code_root = *root,
                   .invoked_arn = name->qualified_arn(),
                   .payload = request.payload.empty() ? "{}" : std::move(request.payload),
                   .client_context = std::move(request.client_context),
                   .trace_header = std::move(request.trace_header),
                   .log_tail = request.log_tail,
                   .on_piece = std::move(request.on_piece)},
                  request.may_queue, std::move(done));
  }

  // As engine::FunctionInvoker.
  void invoke(engine::AsyncInvocation invocation,
              std::function<void(Result<engine::InvocationAttempt>)> done) override {
    invoke(InvokeRequest{.tenant = std::move(invocation.tenant),
                         .function = std::move(invocation.function),
                         .payload = std::move(invocation.payload),
                         .trace_header = std::move(invocation.trace_header),
                         .may_queue = true,
                         .request_id = std::move(invocation.request_id)},
           [done = std::move(done)](Result<InvokeResult> result) {
             if (!result) return done(result.error());
             done(engine::InvocationAttempt{result->function_error, std::move(result->payload),
                                            std::move(result->executed_version)});
           });
  }
  engine::InvocationPolicy policy(const engine::AsyncInvocation& invocation) const override {
    return invocation_policy(catalog_, invocation);
  }
  engine::FunctionInvoker& invoker() override { return *this; }
  void set_invocations(engine::Invocations& invocations) override { invocations_ = &invocations; }

  Statistics statistics() const override {
    Pools::Counts counts = pools_.counts();
    std::lock_guard lock(sandbox_mutex_);
    return {.workers = counts.workers,
            .busy = counts.busy,
            .queued = counts.queued,
            .concurrency = concurrency_of(parts_.options),
            .spawner_pid = spawner_pid_.load(),
            .cold_starts = counts.cold_starts,
            .memory_kib = counts.memory_kib,
            .sandbox_level = sandbox_level_,
            .sandbox_said = sandbox_said_};
  }

  void reprovision(const engine::Tenant& tenant, std::string_view function) override {
    const auto latest = catalog_.find({tenant, std::string(function), ""});
    if (!latest) return;
    std::map<std::string, Provision> by_version;  // a version and its aliases together
    for (const auto& [qualifier, wanted] : (*latest)->provisioned) {
      const auto version = catalog_.find({tenant, std::string(function), qualifier});
      if (!version) continue;  // deleted since
      const auto root = catalog_.code_root(**version);
      if (!root) continue;
      Provision& each = by_version[(*version)->version];
      each.function = *version;
      each.code_root = *root;
      each.count += static_cast<int>(wanted.count);
    }
    std::vector<Provision> wanted;
    for (auto& [version, each] : by_version) wanted.push_back(std::move(each));
    pools_.provision((*latest)->arn, std::move(wanted));
  }

  ProvisionState provisioned(const FunctionConfiguration& version) const override {
    return pools_.provisioned(version.arn, version.version);
  }

  std::vector<FunctionUsage> usage() const override { return pools_.usage(); }

  std::optional<KeyOwner> owner_of_key(std::string_view access_key) const override {
    const auto function = pools_.owner_of(access_key);
    if (!function) return std::nullopt;
    return KeyOwner{function->tenant, function->name, function->role};
  }

 private:
  // Those of the code that it has, or that one of its versions has.
  void keep_code_caches(const FunctionConfiguration& latest) {
    std::vector<FunctionConfiguration> in_use = catalog_.versions(latest);
    in_use.push_back(latest);
    code_caches_.keep_only(latest.arn, in_use);
  }

  SpawnerLink::Handlers handlers() {
    return {
        .ready = [this](const auto& welcome, const auto& workers) { on_ready(welcome, workers); },
        .message = [this](spawn::Message message) { pools_.on_message(std::move(message)); },
        .files = [this](
                     const spawn::Files& message,
                     std::vector<Descriptor> files) { pools_.on_files(message, std::move(files)); },
        .lost =
            [this] {
              spawner_pid_ = 0;
              pools_.on_lost();
            },
        .failed =
            [this](Error error) {
              pools_.on_failed(error);
              settle_start(error);
            },
    };
  }

  // The workers of an earlier engine are known before they can speak to this one.
  void on_ready(const spawn::Welcome& welcome, const std::vector<spawn::WorkerState>& workers) {
    spawner_pid_ = static_cast<int>(welcome.pid);
    const auto level = choose_sandbox(welcome);
    if (!level) {
      pools_.on_failed(level.error());
      return settle_start(level.error());
    }
    pools_.set_level(*level);
    pools_.on_ready(workers);
    if (!listening_) {
      Result<> listening = endpoint_.listen(places_.endpoint_socket);
      if (!listening) return settle_start(listening.error());
      // The folder decides who gets to it; workers may be of another user.
      chmod(places_.endpoint_socket.c_str(), 0666);
      listening_ = true;
    }
    settle_start({});
  }

  // Less than was asked for is an error, never taken silently.
  Result<sandbox::Level> choose_sandbox(const spawn::Welcome& welcome) {
    const auto strongest = static_cast<sandbox::Level>(welcome.level);
    const auto wanted = parts_.options.chosen_sandbox;
    const auto least =
        std::max(parts_.options.required_sandbox, wanted.value_or(sandbox::Level::none));
    std::string said = sandbox::sentence_of(strongest, welcome.reasons);
    if (strongest < least) {
      return Error{ErrorKind::denied, "ServiceException",
                   "functions are to run in a sandbox of level " +
                       std::string(sandbox::name_of(least)) + ", which cannot be had here. " +
                       said + ". docs/sandbox.md says what each level needs."};
    }
    const sandbox::Level level = wanted.value_or(strongest);
    if (level < strongest) {
      said = sandbox::sentence_of(level, {}) + ", as asked for; " +
             std::string(sandbox::name_of(strongest)) + " can be had";
    }
    log_info("functions: {}", said);
    std::lock_guard lock(sandbox_mutex_);
    sandbox_level_ = level;
    sandbox_said_ = std::move(said);
    return level;
  }

  void settle_start(Result<> result) {
    if (!std::exchange(settled_, true)) connected_.set_value(std::move(result));
  }

  static Result<FunctionName> name_of(const InvokeRequest& request) {
    PD_TRY(name, parse_function_name(request.tenant, request.function));
    PD_CHECK(add_qualifier(name, request.qualifier));
    return name;
  }

  static Result<> check_json(std::string_view payload) {
    if (payload.empty()) return {};
    asl::Arena arena;
    auto parsed = asl::parse_json(payload, arena);
    if (parsed) return {};
    return invalid("InvalidRequestContentException",
                   "Could not parse request body into json: " + parsed.error().cause);
  }

  FunctionParts parts_;
  const std::string sockets_;
  LockedRandom random_;
  const RuntimePlaces places_;
  FunctionCatalog catalog_;
  CodeCaches code_caches_;
  Pools pools_;
  RuntimeEndpoint endpoint_;
  SpawnerLink link_;
  engine::Invocations* invocations_ = nullptr;
  std::atomic<int> spawner_pid_ = 0;
  mutable std::mutex sandbox_mutex_;
  sandbox::Level sandbox_level_ = sandbox::Level::none;
  std::string sandbox_said_;
  bool started_ = false;
  bool listening_ = false;  // (reactor)
  bool settled_ = false;    // (reactor)
  std::promise<Result<>> connected_;
};

}  // namespace

Result<std::unique_ptr<FunctionRuntime>> make_function_runtime(FunctionParts parts) {
  std::string data = std::filesystem::absolute(parts.options.data_folder).lexically_normal();
  parts.options.data_folder = data;
  PD_CHECK(make_directories(data));
  PD_TRY(sockets, socket_folder(data));
  return std::unique_ptr<FunctionRuntime>(
      std::make_unique<Runtime>(std::move(parts), data, std::move(sockets)));
}

}  // namespace perdure::executors
