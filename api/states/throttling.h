#pragma once
// AWS's own throttling of API calls, for those who want to meet it before they meet AWS: token
// buckets for each account, region and operation, with the sizes that AWS documents as defaults
// (Step Functions developer guide, "Service quotas", quotas on API action throttling). Off unless
// `perdure serve --aws-throttling` asks for it.

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "engine/catalog/state_machines.h"

namespace perdure::api {

// Safe from any thread.
class Throttling {
 public:
  explicit Throttling(const Clock& clock) : clock_(clock) {}

  // False: the call is refused. Operations without a documented bucket pass. `express`: it starts
  // an EXPRESS execution.
  bool take(const engine::Tenant& tenant, std::string_view operation, bool express);

 private:
  struct Level {
    double tokens = 0;
    int64_t as_of_ms = 0;
  };
  using Key = std::tuple<engine::Tenant, std::string, bool>;

  const Clock& clock_;
  std::mutex mutex_;
  std::map<Key, Level> levels_;  // bounded by the accounts and regions that call
};

// Puts the buckets before the operations' handlers. Both outlive the operations.
void throttle(std::vector<Operation>& operations, Throttling& throttling,
              engine::StateMachines& machines);

}  // namespace perdure::api
