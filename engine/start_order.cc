#include "engine/start_order.h"

#include "engine/catalog/publications.h"

namespace perdure::engine {

Result<StartOrder> start_order(const StateMachines& machines, StartRequest request,
                               const StartChance& chance) {
  PD_TRY(target, start_target(machines, request.state_machine_arn, chance.draw));
  StartOrder order;
  order.tenant = target.tenant;
  order.input = std::move(request.input);
  order.trace_header = std::move(request.trace_header);
  order.identity = std::move(target.identity);
  auto& identity = order.identity;
  identity.name = request.name.empty() ? chance.new_id() : std::move(request.name);
  identity.arn =
      identity.type == asl::MachineType::express
          ? express_arn(order.tenant, identity.machine_name, identity.name, chance.new_id())
          : execution_arn(order.tenant, identity.machine_name, identity.name);
  return order;
}

}  // namespace perdure::engine
