#include <unordered_map>

#include "asl/parse/graph.h"

namespace perdure::asl {
namespace {

using Nodes = std::unordered_map<std::string_view, const GraphOutline::Node*>;

// The message says 'Next' whatever the field is called, as AWS does.
void check_target(const Transition& transition, const Nodes& nodes, Diagnostics& diagnostics) {
  if (nodes.contains(transition.target)) return;
  diagnostics.error("MISSING_TRANSITION_TARGET", "Missing 'Next' target: " + transition.target,
                    transition.at);
}

std::unordered_map<std::string_view, bool> reachable(const GraphOutline& outline,
                                                     const Nodes& nodes) {
  std::unordered_map<std::string_view, bool> seen;
  std::vector<const GraphOutline::Node*> pending;
  const auto visit = [&](const Transition& transition) {
    const auto node = nodes.find(transition.target);
    if (node == nodes.end() || seen[node->first]) return;
    seen[node->first] = true;
    pending.push_back(node->second);
  };
  for (const Transition& transition : outline.start) visit(transition);
  while (!pending.empty()) {
    const GraphOutline::Node* node = pending.back();
    pending.pop_back();
    for (const Transition& transition : node->transitions) visit(transition);
  }
  return seen;
}

bool has_end(const GraphOutline& outline) {
  for (const GraphOutline::Node& node : outline.nodes) {
    if (node.terminal) return true;
  }
  return false;
}

}  // namespace

void check_transitions(const GraphOutline& outline, Diagnostics& diagnostics) {
  Nodes nodes;
  for (const GraphOutline::Node& node : outline.nodes) nodes.emplace(node.name, &node);
  for (const Transition& transition : outline.start) check_target(transition, nodes, diagnostics);
  for (const GraphOutline::Node& node : outline.nodes) {
    for (const Transition& transition : node.transitions) {
      check_target(transition, nodes, diagnostics);
    }
  }
  if (!outline.complete) return;
  // Without any end there is nothing to be gained by telling what cannot be reached.
  if (outline.must_end && !has_end(outline)) {
    diagnostics.error_without_location("MISSING_END_STATE", "Workflow has no terminal state");
    return;
  }
  auto seen = reachable(outline, nodes);
  for (const GraphOutline::Node& node : outline.nodes) {
    if (seen[node.name]) continue;
    diagnostics.error("MISSING_TRANSITION_TARGET", "State \"" + node.name + "\" is not reachable.",
                      node.at);
  }
}

}  // namespace perdure::asl
