#include "executors/functions/event_policy.h"

namespace perdure::executors {
namespace {

// A text some objects down; empty where there is none.
std::string text_at(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* name : path) {
    const auto found = at->is_object() ? at->find(name) : at->end();
    if (!at->is_object() || found == at->end()) return {};
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

engine::InvocationPolicy invocation_policy(const FunctionCatalog& catalog,
                                           const engine::AsyncInvocation& invocation) {
  engine::InvocationPolicy policy;
  auto name = parse_function_name(invocation.tenant, invocation.function);
  if (!name) return policy;
  if (name->qualifier.empty()) name->qualifier = "$LATEST";
  policy.function_arn = name->qualified_arn();
  // Limit and dead letters are the function's, whatever version was meant.
  if (const auto latest = catalog.find({name->tenant, name->name, ""})) {
    policy.stopped = (*latest)->reserved_concurrency == 0;
    policy.dead_letter = text_at((*latest)->extra, {"DeadLetterConfig", "TargetArn"});
  }
  const auto config = catalog.event_configs().find(*name);
  if (!config) return policy;
  policy.max_retries = config->value("MaximumRetryAttempts", policy.max_retries);
  if (config->contains("MaximumEventAgeInSeconds")) {
    policy.max_age_ms = config->at("MaximumEventAgeInSeconds").get<int64_t>() * 1'000;
  }
  policy.on_success = text_at(*config, {"DestinationConfig", "OnSuccess", "Destination"});
  policy.on_failure = text_at(*config, {"DestinationConfig", "OnFailure", "Destination"});
  return policy;
}

}  // namespace perdure::executors
