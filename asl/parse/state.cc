// What all states have in common: their name, Type, Next, End, paths; then the type's own reader.

#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr size_t longest_state_name = 80;  // in characters (AWS quota)

size_t characters(std::string_view utf8) {
  size_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

void check_name(std::string_view name, const Location& at, ParseContext& context) {
  if (characters(name) > longest_state_name) {
    context.diagnostics.error("INVALID_STATE_NAME",
                              "Invalid State name: " + std::string(name) +
                                  " exceeds the 80-character limit allowed by the service",
                              at);
  }
  if (!context.state_names.emplace(name).second) {
    context.diagnostics.error("DUPLICATE_STATE_NAME", "Duplicate State name: " + std::string(name),
                              at);
  }
}

// Nothing, and a diagnostic, if it is none of the eight.
std::optional<std::string> read_type(const ObjectReader& state) {
  static constexpr std::array<std::string_view, 8> types = {"Task", "Wait",   "Pass",     "Succeed",
                                                            "Fail", "Choice", "Parallel", "Map"};
  state.require("Type");
  std::optional<std::string> type = state.text("Type");
  if (!type) return std::nullopt;
  for (const std::string_view known : types) {
    if (*type == known) return type;
  }
  state.diagnostics().schema(
      "The field 'Type' should have one of these values: " + bracketed(types),
      state.location("Type"));
  return std::nullopt;
}

// Next or End; Choice has its own ways on, Succeed and Fail have none.
std::string read_next_or_end(StateScope& scope, std::string_view type) {
  scope.terminal = type == "Succeed" || type == "Fail";
  if (scope.terminal || type == "Choice") return "";
  static constexpr std::array<std::string_view, 2> way_on = {"Next", "End"};
  const ObjectReader& state = scope.fields;
  // "End": false says as much as no End at all.
  const std::optional<bool> end = state.boolean("End");
  const bool next = state.has("Next");
  if (next && end == true) state.at_most_one_of(way_on);
  if (!next && !end.value_or(false) && (end || !state.has("End"))) {
    state.diagnostics().schema(
        "This object should have only one of the following fields: " + bracketed(way_on),
        state.location());
    scope.complete = false;
  }
  scope.terminal = end.value_or(false);
  return read_transition(scope, state, "Next");
}

StateCommon read_common(StateScope& scope, std::string_view type) {
  StateCommon common;
  const ObjectReader& state = scope.fields;
  common.query_language = state.language();
  state.text("Comment");
  if (type != "Fail") {
    common.input_path = read_path_or_null(state, "InputPath", any_path_or_null);
    common.output_path = read_path_or_null(state, "OutputPath", any_path_or_null);
  }
  const Visible visible{.result = type == "Task" || type == "Parallel" || type == "Map"};
  if (type != "Fail") common.output = read_query(state, "Output", visible);
  if (type != "Succeed" && type != "Fail") common.assign = read_assign(state, visible);
  common.next = read_next_or_end(scope, type);
  return common;
}

void read_kind(StateScope& scope, std::string_view type, State& state) {
  if (type == "Pass") state.kind = read_pass(scope);
  if (type == "Task") state.kind = read_task(scope);
  if (type == "Choice") state.kind = read_choice(scope);
  if (type == "Wait") state.kind = read_wait(scope);
  if (type == "Succeed") state.kind = SucceedState{};
  if (type == "Fail") state.kind = read_fail(scope);
  if (type == "Parallel") state.kind = read_parallel(scope);
  if (type == "Map") state.kind = read_map(scope);
}

}  // namespace

QueryLanguage read_query_language(const Value& value, const Location& at, QueryLanguage inherited,
                                  ParseContext& context) {
  static constexpr std::array<std::string_view, 2> languages = {"JSONPath", "JSONata"};
  const ObjectReader reader(value, at, QueryLanguage::jsonpath, context);
  if (!reader.has("QueryLanguage")) return inherited;
  // Whatever is not exactly "JSONPath" is read as JSONata, after the complaint about it.
  const bool jsonpath = reader.word("QueryLanguage", languages) == "JSONPath";
  return jsonpath ? QueryLanguage::jsonpath : QueryLanguage::jsonata;
}

std::string read_transition(StateScope& scope, const ObjectReader& reader, std::string_view field) {
  std::optional<std::string> target = reader.text(field);
  if (!target) {
    scope.complete = scope.complete && !reader.has(field);
    return "";
  }
  scope.transitions.push_back({*target, reader.location(field)});
  return std::move(*target);
}

std::optional<State> read_state(std::string_view name, const Value& value, const Location& at,
                                QueryLanguage inherited, ParseContext& context,
                                GraphOutline& outline) {
  check_name(name, at, context);
  // Until the rest is known.
  outline.nodes.push_back({std::string(name), at, {}, false});
  if (!ObjectReader::open(value, at, inherited, context)) {
    outline.complete = false;
    return std::nullopt;
  }
  QueryLanguage language = read_query_language(value, at, inherited, context);
  const bool downgraded = context.machine_language == QueryLanguage::jsonata &&
                          language == QueryLanguage::jsonpath &&
                          value.get("QueryLanguage").defined();
  StateScope scope{ObjectReader(value, at, language, context)};
  const std::optional<std::string> type = read_type(scope.fields);
  if (!type) {
    outline.complete = false;
    return std::nullopt;
  }
  if (downgraded) {
    context.diagnostics.schema(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at);
  } else {
    scope.fields.allow(allowed_fields(*type));
  }
  const std::string around = std::exchange(context.state, std::string(name));
  const std::string around_at = std::exchange(context.state_at, at.text());
  State state{std::string(name), read_common(scope, *type), PassState{}};
  read_kind(scope, *type, state);
  context.state = around;
  context.state_at = around_at;
  GraphOutline::Node node{std::string(name), at, std::move(scope.transitions), scope.terminal};
  outline.complete = outline.complete && scope.complete;
  outline.nodes.back() = std::move(node);
  return state;
}

}  // namespace perdure::asl
