#include "executors/functions/metering.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace perdure::executors {
namespace {

constexpr size_t max_shown = 1000;
constexpr double mib_ms_of_gigabyte_second = 1024.0 * 1000.0;

// Key of the execution: its ARN has characters that a stream's name may not have.
std::string stream_of(const engine::ActorKey& execution) {
  return hex({reinterpret_cast<const char*>(execution.bytes.data()), execution.bytes.size()});
}

Json add_up(const std::vector<engine::LogLine>& lines) {
  int64_t billed_ms = 0;
  int64_t billed_mib_ms = 0;
  int64_t peak_bytes = 0;
  Json tiers = Json::object();
  Json calls = Json::array();
  for (const engine::LogLine& line : lines) {
    auto call = parse_json(line.message);
    if (!call || !call->is_object()) continue;
    const auto ms = call->value("billedMs", int64_t{0});
    billed_ms += ms;
    billed_mib_ms += ms * call->value("memoryMiB", int64_t{0});
    peak_bytes = std::max(peak_bytes, call->value("peakBytes", int64_t{0}));
    const auto tier = call->value("tier", "");
    tiers[tier] = tiers.value(tier, 0) + 1;
    calls.push_back(std::move(*call));
  }
  const size_t count = calls.size();
  if (count > max_shown) calls.erase(calls.begin(), calls.end() - max_shown);
  return {{"invocations", count},
          {"billedMs", billed_ms},
          {"gigabyteSeconds", static_cast<double>(billed_mib_ms) / mib_ms_of_gigabyte_second},
          {"peakBytes", peak_bytes},
          {"byTier", std::move(tiers)},
          {"calls", std::move(calls)}};
}

}  // namespace

// By hand: there are thousands a second.
void write_metering(engine::Logs& logs, int64_t now_ms, const engine::AttemptId& attempt,
                    const MeteredCall& call, const InvocationReport& report) {
  logs.append(
      call.tenant, metering_group, stream_of(attempt.execution), now_ms,
      fmt::format(
          R"({{"state":{},"event":{},"function":"{}","requestId":"{}",)"
          R"("tier":"{}","billedMs":{},"initMs":{:.2f},"restoreMs":{:.2f},"durationMs":{:.2f},)"
          R"("memoryMiB":{},"peakBytes":{},"failed":{}}})",
          dump_json(call.state_name), attempt.scheduled, call.function_arn, report.request_id,
          report.tier, report.billed_ms, static_cast<double>(report.init_us) / 1000,
          static_cast<double>(report.restore_us) / 1000,
          static_cast<double>(report.duration_us) / 1000, report.memory_mib, report.peak_kib << 10,
          !report.status.empty()));
}

Result<Json> read_metering(engine::Logs& logs, const engine::Tenant& tenant,
                           const engine::ActorKey& execution) {
  PD_TRY(lines, logs.read({.tenant = tenant,
                           .group = metering_group,
                           .stream = stream_of(execution),
                           .limit = SIZE_MAX,
                           .limit_bytes = 16 << 20,
                           .newest = true}));
  return lines.empty() ? Json() : add_up(lines);
}

}  // namespace perdure::executors
