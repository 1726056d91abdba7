// What a log group may have on AWS and has never here: filters that feed metrics or subscribers,
// policies, destinations, exports, kept queries. Tools ask for them; what would make one is refused
// as an operation that is not supported.

#include <array>
#include <utility>

#include "api/logs/logs.h"

namespace perdure::api {

namespace {

struct Absent {
  const char* operation;
  const char* member;
  bool of_group;  // logGroupName must name one that exists
};

constexpr std::array<Absent, 6> absent = {{
    {"DescribeMetricFilters", "metricFilters", false},
    {"DescribeSubscriptionFilters", "subscriptionFilters", true},
    {"DescribeResourcePolicies", "resourcePolicies", false},
    {"DescribeDestinations", "destinations", false},
    {"DescribeExportTasks", "exportTasks", false},
    {"DescribeQueryDefinitions", "queryDefinitions", false},
}};

}  // namespace

std::vector<Operation> absent_log_operations(const LogsParts& parts) {
  std::vector<Operation> rows;
  for (const Absent& each : absent) {
    const auto none = [parts, member = each.member](const Call& call) -> Result<Answer> {
      if (call.input().has("logGroupName")) PD_CHECK(read_log_group(parts, call));
      return Answer(Json{{member, Json::array()}});
    };
    Field group = optional("logGroupName", log_group_shape());
    group.required = each.of_group;
    rows.push_back({each.operation, structure({std::move(group)}), at_once(none)});
  }
  return rows;
}

}  // namespace perdure::api
