// Workers that are kept for a version whether it is called or not.

#include <algorithm>

#include "executors/functions/pool/pools.h"

namespace perdure::executors {

void Pools::provision(const std::string& function_arn, std::vector<Provision> wanted) {
  reactor_.post([this, function_arn, wanted = std::move(wanted)] {
    Guard guard(*this);
    std::vector<PoolHandle> kept;
    for (const Provision& each : wanted) {
      PoolHandle pool = pool_of(each.function, each.code_root);
      kept.push_back(pool);
      set_provisioned(pool, each.count);
    }
    for (const auto& [key, pool] : std::map(pools_)) {
      const bool listed = std::ranges::find(kept, pool) != kept.end();
      if (!listed && pool->function->arn == function_arn) set_provisioned(pool, 0);
    }
  });
}

void Pools::set_provisioned(const PoolHandle& pool, int count) {
  pool->provisioned = count;
  pool->provision_error.clear();
  std::vector<WorkerHandle> surplus;
  for (const WorkerHandle& worker : pool->idle) {
    const int left = pool->provisioned_alive - static_cast<int>(surplus.size());
    if (worker->provisioned && left > count) surplus.push_back(worker);
  }
  for (const WorkerHandle& worker : surplus) {
    std::erase(pool->idle, worker);
    end_worker(worker);
  }
  top_up(pool);
}

void Pools::top_up(const PoolHandle& pool) {
  if (stopped_ || pool->retired || !pool->provision_error.empty()) return;
  if (!link_->connected() || pool->code_root.empty()) return;
  while (pool->provisioned_alive < pool->provisioned && may_start()) spawn_worker(pool, true);
  if (pool->provisioned_alive < pool->provisioned && !std::exchange(pool->wants_start, true)) {
    starts_wanted_.push_back(pool);
  }
}

ProvisionState Pools::provisioned(const std::string& function_arn,
                                  const std::string& version) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, pool] : pools_) {
    if (pool->function->arn != function_arn || pool->function->version != version) continue;
    return {pool->provisioned, std::min(pool->provisioned_ready, pool->provisioned),
            pool->provision_error};
  }
  return {};
}

}  // namespace perdure::executors
