#include "executors/functions/pool/usage.h"

#include <algorithm>

namespace perdure::executors {

std::string_view tier_name(spawn::Tier tier) {
  switch (tier) {
    case spawn::Tier::zygote:
      return "zygote";
    case spawn::Tier::cell:
      return "cell";
    case spawn::Tier::snapshot:
      return "snapshot";
    default:
      return "plain";
  }
}

void UsageCounters::add(const std::string& function_arn, const InvocationReport& report) {
  FunctionUsage& usage = by_arn_[function_arn];
  ++usage.invocations;
  ++usage.by_tier[std::string(report.tier)];
  usage.timeouts += report.status == "timeout";
  usage.errors += !report.status.empty();
  usage.duration_us += report.duration_us;
  usage.init_us += report.init_us + report.restore_us;
  usage.billed_ms += report.billed_ms;
  usage.billed_mib_ms += report.billed_ms * report.memory_mib;
  usage.peak_kib = std::max(usage.peak_kib, report.peak_kib);
}

void UsageCounters::code_cache(const std::string& function_arn, std::string_view verdict,
                               bool made) {
  FunctionUsage& usage = by_arn_[function_arn];
  usage.code_caches_used += verdict == "used";
  usage.code_caches_rejected += verdict == "rejected";
  usage.code_caches_made += made;
}

std::vector<FunctionUsage> UsageCounters::all() const {
  std::vector<FunctionUsage> found;
  for (const auto& [arn, usage] : by_arn_) {
    found.push_back(usage);
    found.back().function_arn = arn;
  }
  return found;
}

}  // namespace perdure::executors
