#include "asl/parse/graph.h"

#include <array>
#include <utility>

#include "asl/parse/state_readers.h"

namespace perdure::asl {
namespace {

constexpr int deepest_nesting = 100;  // of Parallel and Map within each other

void read_states(const ObjectReader& states, StateGraph& graph, GraphOutline& outline) {
  for (const Member& member : states.value().members()) {
    std::optional<State> state =
        read_state(member.key, member.value, states.location().field(member.key),
                   graph.query_language, states.context(), outline);
    if (state) graph.states.emplace(std::string(member.key), std::move(*state));
  }
}

}  // namespace

StateGraph read_graph(const ObjectReader& reader, bool whole_machine) {
  static constexpr std::array<std::string_view, 2> required = {"States", "StartAt"};
  reader.require(required);
  StateGraph graph;
  graph.query_language = reader.language();
  GraphOutline outline{.must_end = whole_machine};
  if (const std::optional<std::string> start_at = reader.text("StartAt")) {
    graph.start_at = *start_at;
    outline.start.push_back({*start_at, reader.location("StartAt")});
  }
  const std::optional<ObjectReader> states = reader.object("States");
  if (!states) return graph;
  if (states->value().size() == 0) {
    reader.diagnostics().schema("Value cannot be empty", states->location());
    return graph;
  }
  read_states(*states, graph, outline);
  outline.complete = outline.complete && !outline.start.empty();
  check_transitions(outline, reader.diagnostics());
  return graph;
}

std::shared_ptr<const StateGraph> read_nested_graph(const ObjectReader& reader) {
  ParseContext& context = reader.context();
  if (context.depth >= deepest_nesting) {
    context.diagnostics.error("TOO_DEEPLY_NESTED", "The states are too deeply nested.",
                              reader.location());
    return std::make_shared<const StateGraph>();
  }
  ++context.depth;
  auto graph = std::make_shared<const StateGraph>(read_graph(reader, false));
  --context.depth;
  return graph;
}

}  // namespace perdure::asl
