// Telemetry of workers: what is due goes to the courier beside the extensions.

#include <algorithm>

#include "executors/functions/pool/pools.h"
#include "executors/functions/pool/worker_telemetry.h"

namespace perdure::executors {
namespace {

Json names_of(const std::vector<std::string>& events) {
  Json names = Json::array();
  for (const std::string& event : events) names.push_back(event);
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

// From the moment when the worker says that it has extensions.
void Pools::begin_telemetry(const WorkerHandle& worker) {
  if (worker->telemetry) return;
  auto wake = [this, weak = std::weak_ptr(worker)] {
    if (const WorkerHandle later = weak.lock()) look_at_telemetry(later, 0);
  };
  const FunctionConfiguration& function = *worker->pool->function;
  worker->telemetry =
      std::make_unique<WorkerTelemetry>(clock_, log_settings_of(function).json, std::move(wake));
  worker->log->listen(worker->telemetry.get());
  // Of one that an earlier engine has started the courier says who has subscribed.
  if (worker->adopted || worker->state != State::starting) {
    return worker->telemetry->events.close();
  }
  worker->telemetry->platform("platform.initStart", {{"initializationType", kind_of_start(*worker)},
                                                     {"phase", "init"},
                                                     {"functionName", function.name},
                                                     {"functionVersion", function.version}});
}

const char* Pools::kind_of_start(const Worker& worker) {
  if (snap_starts(*worker.pool->function)) return "snap-start";
  return worker.provisioned ? "provisioned-concurrency" : "on-demand";
}

// Runtime and extensions are ready.
void Pools::end_of_start(const WorkerHandle& worker) {
  if (!worker->telemetry) return;
  for (const auto& each : worker->extensions->external()) {
    worker->log->line("EXTENSION\tName: " + each.name + "\tState: Ready\tEvents: [" +
                      joined(each.events) + "]");
    worker->telemetry->platform(
        "platform.extension",
        {{"name", each.name}, {"state", "Ready"}, {"events", names_of(each.events)}});
  }
  const Json about = {{"initializationType", kind_of_start(*worker)}, {"phase", "init"}};
  Json done = about;
  done["status"] = "success";
  worker->telemetry->platform("platform.initRuntimeDone", std::move(done));
  Json report = about;
  report["metrics"] = {{"durationMs", milliseconds(worker->init_us)}};
  worker->telemetry->platform("platform.initReport", std::move(report));
  worker->telemetry->events.close();
}

void Pools::look_at_telemetry(const WorkerHandle& worker, int64_t delay_ms) {
  worker->telemetry->woken = true;
  reactor_.after(delay_ms, [this, worker, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    Guard guard(*this);
    worker->telemetry->woken = false;
    send_telemetry(worker);
  });
}

void Pools::send_telemetry(const WorkerHandle& worker) {
  if (!worker->telemetry || worker->telemetry->courier == 0) return;  // it will ask
  WorkerTelemetry& telemetry = *worker->telemetry;
  if (const auto changed = telemetry.events.new_subscriptions()) {
    return endpoint_->answer_later(std::exchange(telemetry.courier, 0),
                                   {200, "keep - -\n" + *changed});
  }
  const int64_t now = clock_.now_ms();
  if (const auto batch = telemetry.events.take(now)) {
    return endpoint_->answer_later(std::exchange(telemetry.courier, 0), {200, *batch});
  }
  const auto due = telemetry.events.due_ms();
  if (due && !telemetry.woken) look_at_telemetry(worker, std::max<int64_t>(*due - now, 0));
}

// The courier asks for more; with what it was given to keep, where it has not asked before.
void Pools::await_telemetry(const WorkerHandle& worker, ConnectionId connection,
                            std::string_view subscriptions) {
  begin_telemetry(worker);
  worker->telemetry->courier = connection;
  if (worker->adopted && !std::exchange(worker->telemetry->restored, true)) {
    worker->telemetry->events.restore(subscriptions);
  }
}

// All of it, before its readers are told to end.
void Pools::flush_telemetry(const WorkerHandle& worker) {
  if (!worker->telemetry) return;
  worker->telemetry->events.flush();
  send_telemetry(worker);
}

ExtensionReply Pools::subscribe(const WorkerHandle& worker, const HttpRequest& request) {
  const auto name = extensions_of(*worker).name_of(request);
  if (!name) return {403, name.error().cause};
  begin_telemetry(worker);
  ExtensionReply reply = worker->telemetry->events.subscribe(*name, request, clock_.now_ms());
  if (reply.status == 200) {
    const bool logs = request.path.starts_with("/2020-08-15/");
    worker->log->line(std::string(logs ? "LOGS" : "TELEMETRY") + "\tName: " + *name +
                      "\tState: Subscribed\tTypes: [" +
                      joined(worker->telemetry->events.types_of(*name)) + "]");
    send_telemetry(worker);
  }
  return reply;
}

}  // namespace perdure::executors
