#include "asl/states/item_selection.h"

#include "asl/execution/evaluation.h"
#include "asl/value/write_bounded.h"

namespace perdure::asl {

Result<std::unique_ptr<ItemSelection>> ItemSelection::make(const State& state, Payload input,
                                                           Payload context, Payload variables,
                                                           int64_t entered, Random& random) {
  std::unique_ptr<ItemSelection> made(new ItemSelection(state, entered, random));
  const auto read = [&](const Payload& payload) -> Result<Value> {
    if (!payload) return Value();
    return parse(payload, made->kept_);
  };
  if (std::get<MapState>(state.kind).item_selector) {
    PD_TRY(read_input, read(input));
    PD_TRY(read_context, read(context));
    PD_TRY(read_variables, read(variables));
    made->input_ = read_input;
    made->context_ = read_context;
    made->variables_ = read_variables;
  }
  return made;
}

Result<Payload> ItemSelection::select(int64_t index, const Payload& item, std::string_view key,
                                      std::string_view source, int64_t now_ms) {
  if (!std::get<MapState>(state_.kind).item_selector) return item;
  Arena arena;
  const auto value = evaluate(index, item, key, source, now_ms, arena);
  constexpr size_t most_bytes = size_t{32} << 20;  // its reader has a quota of its own
  std::string text;
  if (value && write_bounded(*value, most_bytes, text)) return Payload(std::move(text));
  if (value) return data_limit_exceeded(state_.name);
  return Error{ErrorKind::runtime, value.error().name,
               "An error occurred while executing the state '" + state_.name +
                   "' (entered at the event id #" + std::to_string(entered_) + "). " +
                   value.error().cause};
}

Result<Value> ItemSelection::evaluate(int64_t index, const Payload& item, std::string_view key,
                                      std::string_view source, int64_t now_ms, Arena& arena) {
  PD_TRY(parsed, parse(item, arena));
  std::vector<Member> about = {{"Index", Value::integer(index)}};
  if (!key.empty()) about.push_back({"Key", Value::string(key)});
  about.push_back({"Value", key.empty() ? parsed : parsed.get("Value")});
  about.push_back({"Source", Value::string(source)});
  const Member map[] = {{"Item", Value::object(about, arena)}};
  std::vector<Member> members;
  for (const Member& member : context_.members()) {
    if (member.key != "Map") members.push_back(member);
  }
  members.push_back({"Map", Value::object(map, arena)});
  const Value context = Value::object(members, arena);
  KnownEnvironment environment(context, variables_);
  Budget budget;
  const auto& selector = *std::get<MapState>(state_.kind).item_selector;
  if (const auto* filled = std::get_if<Template>(&selector)) {
    Scope scope{input_, environment, Value(), arena, random_, budget, now_ms};
    return filled->evaluate(scope);
  }
  const Member states[] = {{"input", input_}, {"context", context}};
  std::vector<Member> names;
  if (variables_.defined()) names.assign(variables_.members().begin(), variables_.members().end());
  names.push_back({"states", Value::object(states, arena)});
  Scope scope{Value(), environment, Value::object(names, arena), arena, random_, budget, now_ms};
  std::string failed_at;
  return std::get<Query>(selector).evaluate(scope, failed_at);
}

const State* find_nested_state(const StateGraph& graph, std::string_view name) {
  if (const State* state = graph.find(name)) return state;
  for (const auto& [key, state] : graph.states) {
    const State* found = nullptr;
    if (const auto* map = std::get_if<MapState>(&state.kind)) {
      found = map->processor ? find_nested_state(*map->processor, name) : nullptr;
    } else if (const auto* parallel = std::get_if<ParallelState>(&state.kind)) {
      for (const auto& branch : parallel->branches) {
        if (found == nullptr) found = find_nested_state(*branch, name);
      }
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace perdure::asl
