#include "executors/functions/pool/kept_ready.h"

#include <algorithm>

namespace perdure::executors {

using spawn::Keep;

std::vector<Keep> KeptReady::want(const Keep& kind, int64_t now_ms) {
  auto [found, is_new] = kinds_.try_emplace(kind.key);
  found->second.wanted_ms = now_ms;
  if (!is_new) return {};
  found->second.order = kind;
  std::vector<Keep> orders = {kind};
  auto is_cells = [](const auto& each) { return each.second.order.kind == Keep::cells; };
  if (std::ranges::count_if(kinds_, is_cells) > static_cast<int64_t>(max_kinds_of_cells)) {
    auto oldest = kinds_.end();
    for (auto at = kinds_.begin(); at != kinds_.end(); ++at) {
      if (!is_cells(*at) || at->first == kind.key) continue;
      if (oldest == kinds_.end() || at->second.wanted_ms < oldest->second.wanted_ms) oldest = at;
    }
    orders.push_back(std::move(oldest->second.order));
    orders.back().count = 0;
    kinds_.erase(oldest);
  }
  return orders;
}

std::vector<Keep> KeptReady::missed(const std::string& key, int64_t now_ms) {
  auto found = kinds_.find(key);
  if (found == kinds_.end() || found->second.order.kind != Keep::cells) return {};
  found->second.missed_ms = now_ms;
  if (found->second.order.count >= max_cells) return {};
  ++found->second.order.count;
  return {found->second.order};
}

std::vector<Keep> KeptReady::sweep(int64_t now_ms) {
  std::vector<Keep> orders;
  for (auto& [key, kind] : kinds_) {
    if (kind.order.count <= 1 || now_ms - kind.missed_ms < quiet_ms) continue;
    --kind.order.count;
    kind.missed_ms = now_ms;
    orders.push_back(kind.order);
  }
  return orders;
}

std::vector<Keep> KeptReady::all() const {
  std::vector<Keep> orders;
  for (const auto& [key, kind] : kinds_) orders.push_back(kind.order);
  return orders;
}

}  // namespace perdure::executors
