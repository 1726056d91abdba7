#pragma once
// What functions have used since the server started: the sums of their REPORT lines.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "executors/functions/function_types.h"
#include "executors/functions/pool/worker_log.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

std::string_view tier_name(spawn::Tier tier);

// Not thread-safe.
class UsageCounters {
 public:
  void add(const std::string& function_arn, const InvocationReport& report);
  void refused(const std::string& function_arn) { ++by_arn_[function_arn].throttles; }
  // A worker used the cache of its code ("used"), found one that is no good ("rejected") or none
  // ("none"), and may have made one.
  void code_cache(const std::string& function_arn, std::string_view verdict, bool made);
  // The counts of a function that is gone.
  void forget(const std::string& function_arn) { by_arn_.erase(function_arn); }
  std::vector<FunctionUsage> all() const;  // by ARN

 private:
  std::map<std::string, FunctionUsage> by_arn_;
};

}  // namespace perdure::executors
