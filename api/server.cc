#include "api/server.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "api/aws/in_process.h"
#include "api/events/events.h"
#include "api/http/backup_route.h"
#include "api/http/executions_route.h"
#include "api/http/health_route.h"
#include "api/http/request_ids.h"
#include "api/http/run_route.h"
#include "api/http/stats_route.h"
#include "api/lambda/lambda.h"
#include "api/lambda/package_route.h"
#include "api/lambda/url_route.h"
#include "api/logs/logs.h"
#include "api/s3/s3.h"
#include "api/scheduler/scheduler.h"
#include "api/states/states.h"
#include "api/states/task_trial.h"
#include "api/states/throttling.h"
#include "api/sts/sts.h"
#include "base/busy_poll.h"
#include "base/files.h"
#include "base/processor_alarm.h"
#include "base/thread_runner.h"
#include "engine/log_retention.h"
#include "engine/store/sqlite.h"
#include "executors/functions/reactor.h"
#include "executors/integrations/integrations.h"

namespace perdure::api {

namespace {

constexpr int64_t longest_evaluation_ms = 1'000;  // of a tested state's fields, processor time

// The port is opened before there is anything behind it, because the workers of functions are told
// its number: until the router is there, requests get 503.
class Gate final : public HttpHandler {
 public:
  void open(HttpHandler& handler) { handler_.store(&handler); }

  BodyPlan plan_body(const RequestHead& head) override {
    if (HttpHandler* handler = handler_.load()) return handler->plan_body(head);
    return {0, nullptr, starting()};
  }
  void handle(HttpRequest request, Respond respond) override {
    HttpHandler* handler = handler_.load();
    if (handler == nullptr) return respond(starting());
    handler->handle(std::move(request), std::move(respond));
  }
  HttpResponse protocol_error(int status, std::string_view why, const RequestHead* head) override {
    if (HttpHandler* handler = handler_.load()) return handler->protocol_error(status, why, head);
    return starting();
  }

 private:
  static HttpResponse starting() {
    HttpResponse response;
    response.status = 503;
    response.headers = {{"Content-Type", "application/json"}, {"Retry-After", "1"}};
    response.body = R"({"error":"ServiceUnavailable","message":"The server is starting"})";
    return response;
  }

  std::atomic<HttpHandler*> handler_{nullptr};
};

// A reactor and the thread that works it.
class ReactorThread {
 public:
  explicit ReactorThread(std::shared_ptr<const BusyPoll> poll)
      : reactor_(std::move(poll)), thread_([this] { reactor_.run(); }) {}
  ~ReactorThread() { stop(); }
  executors::Reactor& reactor() { return reactor_; }
  void stop() {
    if (!thread_.joinable()) return;
    reactor_.stop();
    thread_.join();
  }

 private:
  executors::Reactor reactor_;
  std::thread thread_;
};

engine::AsyncInvocation async_invocation(executors::InvokeRequest request) {
  engine::AsyncInvocation invocation;
  invocation.tenant = std::move(request.tenant);
  invocation.function = std::move(request.function);
  if (!request.qualifier.empty()) invocation.function += ":" + request.qualifier;
  invocation.payload = std::move(request.payload);
  invocation.trace_header = std::move(request.trace_header);
  return invocation;
}

// A lone caller's wake-ups are worth a processor; where there is only one, it has work to do.
std::shared_ptr<BusyPoll> make_busy_poll(int longest_us) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::make_shared<BusyPoll>(std::chrono::microseconds(longest_us), cores / 2);
}

class LiveServer final : public Server {
 public:
  explicit LiveServer(ServerOptions options)
      : options_(std::move(options)), router_(options_.guard, options_.bodies, random_.next()) {
    int64_t& live_bytes = options_.engine.max_live_bytes;
    live_bytes = std::min(live_bytes, options_.memory_bytes / 4);
  }
  ~LiveServer() override { stop(0); }

  Result<> start();
  uint16_t port() const override { return port_; }
  engine::Engine& engine() override { return assembly_->engine(); }
  std::string sandbox() const override { return functions_->statistics().sandbox_said; }
  void stop(int grace_ms) override;

 private:
  Result<> open_storage();
  Result<> listen();
  Result<> make_engine();
  Result<> make_functions();
  Result<> make_activities();
  Result<> make_integrations();
  void add_services();
  void add_objects();
  Result<std::string> read_object(const engine::Tenant& tenant, const std::string& bucket,
                                  const std::string& key, int64_t limit_bytes);
  void add(Service service);
  std::shared_ptr<engine::Executor> integration_executor(engine::AnswerSink& sink, Random& random);
  std::optional<Router::FunctionSession> function_session(std::string_view access_key) const;
  void drain(int64_t deadline_ms);

  // In the order in which each needs those before it.
  ServerOptions options_;
  SystemClock clock_;
  SystemRandom random_;              // the engine's, once it is made
  SystemRandom function_random_;     // the function runtime's
  SystemRandom integration_random_;  // of the executions' integrations
  SystemRandom trial_random_;        // of TestState's
  const std::shared_ptr<BusyPoll> busy_poll_ = make_busy_poll(options_.busy_poll_us);
  std::vector<std::unique_ptr<ThreadRunner>> shards_;
  std::unique_ptr<ThreadRunner> committer_, timers_, log_copier_, log_runner_, compute_, map_runs_;
  std::unique_ptr<ThreadRunner> backup_runner_, integration_runner_;
  std::vector<std::unique_ptr<ThreadRunner>> object_runners_;
  ReactorThread reactor_{busy_poll_};
  std::unique_ptr<engine::Store> store_;
  std::unique_ptr<engine::Blobs> blobs_;
  std::unique_ptr<engine::Logs> logs_;
  std::unique_ptr<engine::LogGroups> log_groups_;
  std::unique_ptr<engine::LogRetention> log_retention_;
  std::unique_ptr<engine::ExecutionLog> execution_log_;
  std::unique_ptr<engine::Assembly> assembly_;
  TaskTrial task_trial_;
  std::unique_ptr<executors::FunctionRuntime> functions_;
  std::shared_ptr<executors::Activities> activities_;
  RequestIds ids_{function_random_.next()};  // of calls within and of connections
  InProcessServices services_{clock_, ids_};
  std::unique_ptr<HttpCaller> http_caller_;
  std::unique_ptr<executors::Connections> connections_;
  std::unique_ptr<executors::Authorization> authorization_;
  std::shared_ptr<const executors::Integrations> integrations_;
  std::atomic<bool> ready_{false};
  Throttling throttling_{clock_};
  Router router_;
  Gate gate_;
  std::unique_ptr<HttpServer> http_;
  uint16_t port_ = 0;
};

Result<> LiveServer::open_storage() {
  const std::string& folder = options_.data_folder;
  PD_CHECK(make_directories(folder));
  log_copier_ = std::make_unique<ThreadRunner>("log copier");
  PD_TRY(store, engine::open_sqlite_store(folder, {.log_copier = log_copier_.get()}));
  store_ = std::move(store);
  PD_TRY(blobs, engine::open_blobs(folder + "/blobs"));
  blobs_ = std::move(blobs);
  log_runner_ = std::make_unique<ThreadRunner>("logs");
  backup_runner_ = std::make_unique<ThreadRunner>("backup");
  engine::LogOptions log_options;
  log_options.folder = folder + "/logs";
  logs_ = std::make_unique<engine::Logs>(std::move(log_options), clock_, *log_runner_);
  return {};
}

Result<> LiveServer::listen() {
  HttpServerOptions http_options;
  http_options.threads = options_.http_threads;
  http_options.busy_poll = busy_poll_;
  http_options.bodies_limit_bytes =
      std::min(http_options.bodies_limit_bytes, static_cast<uint64_t>(options_.memory_bytes / 8));
  http_ = std::make_unique<HttpServer>(http_options, gate_, clock_);
  PD_TRY(port, http_->listen_tcp(options_.host, options_.port));
  port_ = port;
  return {};
}

Result<> LiveServer::make_engine() {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned count = options_.shard_threads > 0 ? unsigned(options_.shard_threads) : cores;
  std::vector<Runner*> shards;
  for (unsigned i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<ThreadRunner>("shard-" + std::to_string(i), busy_poll_));
    shards.push_back(shards_.back().get());
  }
  committer_ = std::make_unique<ThreadRunner>("committer", busy_poll_);
  timers_ = std::make_unique<ThreadRunner>("timers");
  compute_ = std::make_unique<ThreadRunner>("compute");
  map_runs_ = std::make_unique<ThreadRunner>("map runs");
  PD_TRY(assembly, engine::make_engine({clock_, random_, std::move(shards), *committer_, *timers_,
                                        *store_, *blobs_, options_.engine, compute_.get(),
                                        engine::Mutant::none, map_runs_.get()}));
  assembly_ = std::move(assembly);
  log_groups_ = std::make_unique<engine::LogGroups>(*logs_, assembly_->document_writer(), clock_);
  PD_CHECK(log_groups_->load(*store_));
  log_retention_ =
      std::make_unique<engine::LogRetention>(*log_groups_, *logs_, clock_, *log_runner_);
  log_retention_->start();
  execution_log_ = std::make_unique<engine::ExecutionLog>(*logs_, *log_groups_);
  assembly_->set_entry_sink(*execution_log_);
  return {};
}

Result<> LiveServer::make_functions() {
  executors::FunctionOptions& options = options_.functions;
  options.data_folder = options_.data_folder;
  options.endpoint_url = "http://" + options_.host + ":" + std::to_string(port_);
  PD_TRY(functions, executors::make_function_runtime({clock_, function_random_, reactor_.reactor(),
                                                      *store_, assembly_->document_writer(),
                                                      *blobs_, *logs_, *log_runner_, options}));
  functions_ = std::move(functions);
  functions_->set_invocations(assembly_->invocations());
  assembly_->invocations().set_invoker(functions_->invoker());
  assembly_->add_executor(functions_->executor(assembly_->answers()));
  return functions_->start();
}

Result<> LiveServer::make_activities() {
  activities_ =
      std::make_shared<executors::Activities>(clock_, *timers_, assembly_->document_writer());
  PD_CHECK(activities_->load(*store_));
  activities_->answer_to(assembly_->answers());
  assembly_->add_executor(activities_);
  return {};
}

// The name of the role is the last part of its ARN.
std::optional<Router::FunctionSession> LiveServer::function_session(
    std::string_view access_key) const {
  auto owner = functions_->owner_of_key(access_key);
  if (!owner) return std::nullopt;
  const std::string role = owner->role.substr(owner->role.rfind('/') + 1);
  return Router::FunctionSession{owner->tenant, "arn:aws:sts::" + owner->tenant.account +
                                                    ":assumed-role/" + role + "/" + owner->name};
}

Result<> LiveServer::make_integrations() {
  const executors::IntegrationSettings& settings = options_.integrations;
  PD_TRY(policy, AddressPolicy::parse(settings.reach));
  const auto addresses = std::make_shared<const AddressPolicy>(std::move(policy));
  integration_runner_ = std::make_unique<ThreadRunner>("integrations");
  PD_TRY(caller, HttpCaller::make({.ca_file = settings.ca_file}));
  http_caller_ = std::move(caller);
  connections_ = std::make_unique<executors::Connections>(assembly_->document_writer());
  PD_CHECK(connections_->load(*store_));
  authorization_ = std::make_unique<executors::Authorization>(
      *connections_, *http_caller_, *integration_runner_, clock_, addresses);
  integrations_ = executors::make_integrations(
      {clock_, *integration_runner_, *http_caller_, *connections_, *authorization_, services_,
       settings, addresses, options_.engine.execution.max_payload_bytes});
  assembly_->add_executor(integration_executor(assembly_->answers(), integration_random_));
  return {};
}

std::shared_ptr<engine::Executor> LiveServer::integration_executor(engine::AnswerSink& sink,
                                                                   Random& random) {
  return std::make_shared<executors::IntegrationExecutor>(
      sink, integrations_, *integration_runner_, random, options_.functions.rerun_after_crash);
}

// On the wire and for tasks.
void LiveServer::add(Service service) {
  services_.add(service);
  router_.add(std::move(service));
}

void LiveServer::add_services() {
  engine::Engine& engine = assembly_->engine();
  const int64_t max_input = options_.engine.execution.max_payload_bytes;
  router_.set_key_owner([this](std::string_view key) { return function_session(key); });
  task_trial_.add_executor(functions_->executor(task_trial_));
  task_trial_.add_executor(integration_executor(task_trial_, trial_random_));
  Throttling* throttling = options_.aws_throttling ? &throttling_ : nullptr;
  const auto try_task = [this](engine::TaskRequest request, auto done) {
    task_trial_.attempt(std::move(request), std::move(done));
  };
  const auto compute = [this](StatesParts::Work work) {
    compute_->post([this, work = std::move(work)] {
      const auto alarm = ProcessorAlarm::set(*timers_, clock_, longest_evaluation_ms);
      work(alarm->rang());
    });
  };
  add(states_service({engine, clock_, max_input, log_groups_.get(), activities_.get(), throttling,
                      try_task, compute}));
  const LambdaParts lambda{*functions_,
                           clock_,
                           [this](auto request, auto done) {
                             assembly_->invocations().invoke_async(
                                 async_invocation(std::move(request)), std::move(done));
                           },
                           [this](auto& tenant, auto& bucket, auto& key, int64_t limit) {
                             return read_object(tenant, bucket, key, limit);
                           },
                           options_.functions.account_concurrency,
                           "localhost:" + std::to_string(port_)};
  add(lambda_service(lambda));
  router_.add(std::make_unique<FunctionUrlRoute>(lambda));
  router_.add(std::make_unique<PackageRoute>(lambda));
  add(scheduler_service(assembly_->schedules()));
  add(sts_service());
  add(logs_service({*logs_, *log_groups_, clock_, *log_runner_, [this] { return ready_.load(); }}));
  add(events_service({*connections_, clock_, [this] { return ids_.next(); },
                      [this](executors::Connection connection) {
                        integration_runner_->post([this, connection = std::move(connection)] {
                          authorization_->header(connection, [](const auto&) {});
                        });
                      }}));
  add_objects();
  router_.add(std::make_unique<RunRoute>(engine, max_input));
  router_.add(std::make_unique<ExecutionsRoute>(engine, logs_.get()));
  router_.add(
      std::make_unique<BackupRoute>(options_.data_folder, *blobs_, clock_, *backup_runner_));
  router_.add(std::make_unique<HealthRoute>(ready_));
  router_.add(std::make_unique<StatsRoute>(StatsRoute::Parts{
      *store_, *assembly_, clock_, *log_runner_, options_.data_folder, *functions_}));
}

void LiveServer::add_objects() {
  constexpr int threads = 4;  // that wait for the disk
  std::vector<Runner*> runners;
  for (int i = 0; i < threads; ++i) {
    object_runners_.push_back(std::make_unique<ThreadRunner>("objects-" + std::to_string(i)));
    runners.push_back(object_runners_.back().get());
  }
  engine::Objects& objects = assembly_->objects();
  add(s3_service({objects, clock_, std::move(runners)}));
  router_.set_buckets([&objects](const std::string& name) {
    const auto bucket = objects.find_bucket({}, name);
    return bucket || bucket.error().kind == ErrorKind::denied;
  });
}

Result<std::string> LiveServer::read_object(const engine::Tenant& tenant, const std::string& bucket,
                                            const std::string& key, int64_t limit_bytes) {
  PD_TRY(content, assembly_->objects().open(tenant, bucket, key));
  if (content->info().size > limit_bytes) {
    return Error{ErrorKind::too_large, "EntityTooLarge",
                 "Your proposed upload exceeds the maximum allowed object size."};
  }
  return content->read(0, limit_bytes);
}

Result<> LiveServer::start() {
  PD_CHECK(open_storage());
  PD_CHECK(listen());
  PD_CHECK(make_engine());
  PD_CHECK(make_functions());
  PD_CHECK(make_activities());
  PD_CHECK(make_integrations());
  add_services();
  PD_CHECK(assembly_->start());
  gate_.open(router_);
  ready_ = true;
  return {};
}

void LiveServer::drain(int64_t deadline_ms) {
  std::promise<void> drained;
  assembly_->drain(deadline_ms, [&drained] { drained.set_value(); });
  drained.get_future().wait();
}

// Threads end before what they work on.
void LiveServer::stop(int grace_ms) {
  const int64_t deadline_ms = clock_.now_ms() + grace_ms;
  if (ready_.exchange(false)) drain(deadline_ms);
  if (http_) http_->stop(int(std::max<int64_t>(0, deadline_ms - clock_.now_ms())));
  if (http_caller_) http_caller_->stop();
  if (functions_) functions_->stop();
  for (const auto& runner : object_runners_) runner->stop();
  reactor_.stop();
  if (timers_) timers_->stop();
  if (compute_) compute_->stop();
  if (integration_runner_) integration_runner_->stop();
  if (map_runs_) map_runs_->stop();
  for (const auto& shard : shards_) shard->stop();
  if (committer_) committer_->stop();
  if (log_copier_) log_copier_->stop();
  if (backup_runner_) backup_runner_->stop();
  if (log_runner_) log_runner_->stop();
  if (logs_) (void)logs_->flush();
}

}  // namespace

Result<std::unique_ptr<Server>> start_server(ServerOptions options) {
  auto server = std::make_unique<LiveServer>(std::move(options));
  PD_CHECK(server->start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace perdure::api
