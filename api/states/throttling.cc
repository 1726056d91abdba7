#include "api/states/throttling.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/catalog/publications.h"

namespace perdure::api {
namespace {

struct Bucket {
  double size = 0;
  double refill_per_s = 0;
};

struct Row {
  std::string_view operation;
  Bucket large;   // us-east-1, us-west-2 and eu-west-1
  Bucket others;  // all other regions
};

constexpr Row rows[] = {
    {"CreateStateMachine", {100, 1}, {100, 1}},
    {"DeleteStateMachine", {100, 1}, {100, 1}},
    {"DescribeExecution", {300, 15}, {250, 10}},
    {"DescribeStateMachine", {200, 20}, {200, 20}},
    {"DescribeStateMachineForExecution", {200, 1}, {200, 1}},
    {"GetExecutionHistory", {400, 20}, {400, 20}},
    {"ListExecutions", {200, 5}, {100, 2}},
    {"ListStateMachines", {100, 5}, {100, 5}},
    {"ListTagsForResource", {100, 1}, {100, 1}},
    {"SendTaskFailure", {3'000, 500}, {1'500, 300}},
    {"SendTaskHeartbeat", {3'000, 500}, {1'500, 300}},
    {"SendTaskSuccess", {3'000, 500}, {1'500, 300}},
    {"StartExecution", {1'300, 300}, {800, 150}},
    {"StopExecution", {1'000, 200}, {500, 25}},
    {"TagResource", {200, 1}, {200, 1}},
    {"UntagResource", {200, 1}, {200, 1}},
    {"UpdateStateMachine", {100, 1}, {100, 1}},
};
constexpr Bucket express_starts{6'000, 6'000};

std::optional<Bucket> bucket_of(std::string_view region, std::string_view operation, bool express) {
  if (operation == "StartExecution" && express) return express_starts;
  const auto row = std::find_if(std::begin(rows), std::end(rows),
                                [&](const Row& one) { return one.operation == operation; });
  if (row == std::end(rows)) return std::nullopt;
  const bool large = region == "us-east-1" || region == "us-west-2" || region == "eu-west-1";
  return large ? row->large : row->others;
}

}  // namespace

bool Throttling::take(const engine::Tenant& tenant, std::string_view operation, bool express) {
  const auto bucket = bucket_of(tenant.region, operation, express);
  if (!bucket) return true;
  const int64_t now_ms = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  auto [found, is_new] = levels_.try_emplace(Key(tenant, operation, express));
  Level& level = found->second;
  if (is_new) level = {bucket->size, now_ms};
  const double passed_s = double(std::max<int64_t>(0, now_ms - level.as_of_ms)) / 1000;
  level.tokens = std::min(bucket->size, level.tokens + passed_s * bucket->refill_per_s);
  level.as_of_ms = now_ms;
  if (level.tokens < 1) return false;
  level.tokens -= 1;
  return true;
}

void throttle(std::vector<Operation>& operations, Throttling& throttling,
              engine::StateMachines& machines) {
  for (Operation& operation : operations) {
    operation.handler = [&throttling, &machines, name = operation.name,
                         handler = std::move(operation.handler)](const auto& call,
                                                                 const Done& done) {
      bool express = false;
      if (name == "StartExecution") {
        const auto arn = engine::parse_qualified(call->input().text("stateMachineArn"));
        const auto machine = arn ? machines.find(arn->machine_arn) : nullptr;
        express = machine && machine->type == asl::MachineType::express;
      }
      if (throttling.take(call->tenant, name, express)) return handler(call, done);
      done(Error{ErrorKind::throttled, "ThrottlingException", "Rate exceeded"});
    };
  }
}

}  // namespace perdure::api
