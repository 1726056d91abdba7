#include "api/http/stats_route.h"

#include <algorithm>
#include <filesystem>

#include "api/http/answers.h"

namespace perdure::api {
namespace {

// With all it holds; what goes away meanwhile is not counted.
int64_t folder_bytes(const std::string& folder) {
  namespace fs = std::filesystem;
  int64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    if (at->is_regular_file(gone)) bytes += static_cast<int64_t>(at->file_size(gone));
  }
  return bytes;
}

// What becomes of the space that forgotten executions leave.
std::string advice(const engine::StoreStats& stats) {
  constexpr int64_t worth_mentioning = 64 << 20;
  if (stats.free_bytes < worth_mentioning || stats.free_bytes * 4 < stats.file_bytes) return {};
  return "A quarter of the database or more is free and will be used again. To give it back to the "
         "disk, stop the server and run: perdure vacuum --data FOLDER";
}

Json usage_json(const executors::FunctionUsage& usage) {
  return {{"function", usage.function_arn},
          {"invocations", usage.invocations},
          {"errors", usage.errors},
          {"timeouts", usage.timeouts},
          {"throttles", usage.throttles},
          {"byTier", usage.by_tier},
          {"durationMs", static_cast<double>(usage.duration_us) / 1000},
          {"initMs", static_cast<double>(usage.init_us) / 1000},
          {"billedMs", usage.billed_ms},
          {"gigabyteSeconds", static_cast<double>(usage.billed_mib_ms) / 1024 / 1000},
          {"peakBytes", usage.peak_kib << 10},
          {"codeCache",
           {{"used", usage.code_caches_used},
            {"rejected", usage.code_caches_rejected},
            {"made", usage.code_caches_made}}}};
}

Json functions_json(const executors::FunctionRuntime& runtime) {
  const auto now = runtime.statistics();
  Json used = Json::array();
  for (const executors::FunctionUsage& usage : runtime.usage()) used.push_back(usage_json(usage));
  return {{"workers", now.workers},
          {"busy", now.busy},
          {"queued", now.queued},
          {"concurrency", now.concurrency},
          {"memoryBytes", now.memory_kib << 10},
          {"starts", now.cold_starts},
          {"used", std::move(used)}};
}

}  // namespace

// How late the timer is that has been due for the longest time.
int64_t StatsRoute::timer_delay_ms() const {
  const auto earliest = parts_.store.earliest_due();
  if (!earliest || !*earliest) return 0;
  return std::max<int64_t>(0, parts_.clock.now_ms() - **earliest);
}

HttpResponse StatsRoute::count() const {
  const auto stats = parts_.store.stats();
  if (!stats) return error_response(stats.error());
  const engine::EngineLoad load = parts_.assembly.load();
  Json body = {{"bytes",
                {{"database", stats->file_bytes},
                 {"databaseFree", stats->free_bytes},
                 {"writeAheadLog", stats->log_bytes},
                 {"blobs", folder_bytes(parts_.data_folder + "/blobs")},
                 {"logs", folder_bytes(parts_.data_folder + "/logs")}}},
               {"executions", stats->executions},
               {"timers", stats->timers},
               {"openActors", stats->open_actors},
               {"messages", stats->messages},
               {"quarantined", parts_.assembly.engine().quarantined().size()},
               {"commitDelayMs", load.commit_delay_ms},
               {"timerDelayMs", timer_delay_ms()},
               {"diskFull", load.disk_full},
               {"liveBytes", load.live_bytes},
               {"starting", load.starting},
               {"throttled", load.throttled},
               {"functions", functions_json(parts_.functions)}};
  if (std::string text = advice(*stats); !text.empty()) body["advice"] = std::move(text);
  return json_response(200, body);
}

void StatsRoute::handle(HttpRequest request, const Caller&, Respond respond) {
  if (request.method != "GET") {
    HttpResponse refused = error_response(invalid("MethodNotAllowed", "Use GET"));
    refused.status = 405;
    add_header(refused, "Allow", "GET");
    return respond(std::move(refused));
  }
  parts_.runner.post([this, respond = std::move(respond)] { respond(count()); });
}

}  // namespace perdure::api
