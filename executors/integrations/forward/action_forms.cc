#include "executors/integrations/forward/action_forms.h"

#include <array>
#include <string>

namespace perdure::executors {
namespace {

constexpr std::array<ActionForm, 6> forms = {{
    {"elasticmapreduce", "createCluster", "RunJobFlow", "",
     R"({"ClusterId":"out:/JobFlowId","ClusterArn":"out:/ClusterArn"})"},
    {"elasticmapreduce", "terminateCluster", "TerminateJobFlows",
     R"({"JobFlowIds":["in:/ClusterId"]})", ""},
    {"elasticmapreduce", "addStep", "AddJobFlowSteps",
     R"({"JobFlowId":"in:/ClusterId","Steps":["in:/Step"],)"
     R"("ExecutionRoleArn":"in:/ExecutionRoleArn"})",
     R"({"StepId":"out:/StepIds/0"})"},
    {"elasticmapreduce", "cancelStep", "CancelSteps",
     R"({"ClusterId":"in:/ClusterId","StepIds":["in:/StepId"],)"
     R"("StepCancellationOption":"in:/StepCancellationOption"})",
     R"({"CancelStepsInfo":"out:/CancelStepsInfoList/0"})"},
    {"elasticmapreduce", "setClusterTerminationProtection", "SetTerminationProtection",
     R"({"JobFlowIds":["in:/ClusterId"],"TerminationProtected":"in:/TerminationProtected"})", ""},
    {"bedrock", "createModelCustomizationJob", "CreateModelCustomizationJob", "", "", "bedrock"},
}};

const Json* at(const Json& json, std::string_view pointer) {
  const Json::json_pointer where{std::string(pointer)};
  return json.contains(where) ? &json.at(where) : nullptr;
}

Json filled(const Json& pattern, const Json& given, const Json& returned) {
  if (pattern.is_string()) {
    const std::string text = pattern.get<std::string>();
    const bool in = text.starts_with("in:");
    const Json* found = in ? at(given, std::string_view(text).substr(3))
                           : at(returned, std::string_view(text).substr(4));
    return found == nullptr ? Json() : *found;
  }
  Json out = pattern.is_array() ? Json::array() : Json::object();
  for (const auto& [name, one] : pattern.items()) {
    Json value = filled(one, given, returned);
    if (value.is_null()) continue;
    if (out.is_array()) {
      out.push_back(std::move(value));
    } else {
      out[name] = std::move(value);
    }
  }
  return out;
}

}  // namespace

const ActionForm* action_form(std::string_view service, std::string_view action) {
  for (const ActionForm& one : forms) {
    if (one.service == service && one.action == action) return &one;
  }
  return nullptr;
}

Json filled_in(std::string_view pattern, const Json& given, const Json& returned) {
  const auto parsed = parse_json(pattern);
  PD_ASSERT(parsed);
  return filled(*parsed, given, returned);
}

}  // namespace perdure::executors
