#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "asl/parse/comparisons.h"
#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"
#include "base/time.h"

namespace perdure::asl {
namespace {

constexpr auto path = FieldRule::Language::jsonpath;
constexpr auto jsonata = FieldRule::Language::jsonata;

constexpr std::array<std::string_view, 5> selectors = {"And", "Or", "Not", "Variable", "Condition"};

std::vector<FieldRule> rule_fields(const ObjectReader& rule, bool top) {
  std::vector<FieldRule> fields = {FieldRule{"Comment"},        FieldRule{"And", path},
                                   FieldRule{"Or", path},       FieldRule{"Not", path},
                                   FieldRule{"Variable", path}, FieldRule{"Condition", jsonata}};
  if (top) {
    fields.insert(fields.end(),
                  {FieldRule{"Next"}, FieldRule{"Assign"}, FieldRule{"Output", jsonata}});
  }
  if (rule.has("Variable")) {
    for (const Operator& op : operators()) fields.push_back({op.name, path});
  }
  return fields;
}

// "\\*" and "\\\\" are the only escapes (specification, "Choice Rule" / StringMatches).
bool is_pattern(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') continue;
    ++i;
    if (i == text.size() || (text[i] != '*' && text[i] != '\\')) return false;
  }
  return true;
}

const char* type_name(OperandType type) {
  switch (type) {
    case OperandType::number:
      return "Number";
    case OperandType::boolean:
      return "[BOOLEAN]";
    default:
      return "[STRING]";
  }
}

bool has_type(const Value& literal, OperandType type) {
  switch (type) {
    case OperandType::number:
      return literal.is_number();
    case OperandType::boolean:
      return literal.is(Kind::boolean);
    default:
      return literal.is(Kind::string);
  }
}

void check_literal(const ObjectReader& rule, const Operator& op) {
  const Value literal = rule.get(op.name);
  const Location at = rule.location(op.name);
  if (!has_type(literal, op.operand)) {
    rule.diagnostics().schema(std::string("Expected value of type ") + type_name(op.operand), at);
  } else if (op.operand == OperandType::timestamp && !parse_iso8601(literal.as_string())) {
    rule.diagnostics().schema("String does not match RFC3339 timestamp", at);
  } else if (op.operand == OperandType::pattern && !is_pattern(literal.as_string())) {
    rule.diagnostics().schema("Invalid escape sequence in StringMatches", at);
  }
  warn_of_missing_path(rule, op.name);
}

ChoiceTest::Compare read_compare(const ObjectReader& rule) {
  ChoiceTest::Compare compare{};
  if (auto variable = read_path(rule, "Variable", reference_path_or_context)) {
    compare.variable = *variable;
  }
  rule.exactly_one_of(operator_names());
  for (const Operator& op : operators()) {
    if (!rule.has(op.name)) continue;
    compare.comparison = op.comparison;
    if (op.path) {
      compare.path = read_path(rule, op.name, reference_path_or_context);
    } else {
      check_literal(rule, op);
      compare.literal_json = to_json(rule.get(op.name));
    }
  }
  return compare;
}

ChoiceTest read_test(const ObjectReader& rule, bool top);

std::vector<ChoiceTest> read_tests(const ObjectReader& rule, std::string_view field) {
  std::vector<ChoiceTest> tests;
  const auto items = rule.array(field, false);
  if (!items) return tests;
  const Location at = rule.location(field);
  size_t i = 0;
  for (const Value& item : *items) {
    const auto nested = ObjectReader::open(item, at.item(i++), rule.language(), rule.context());
    if (nested) tests.push_back(read_test(*nested, false));
  }
  return tests;
}

ChoiceTest read_not(const ObjectReader& rule) {
  const auto nested = rule.object("Not");
  auto inner = nested ? read_test(*nested, false) : ChoiceTest{};
  return {ChoiceTest::Not{std::make_unique<ChoiceTest>(std::move(inner))}};
}

// A boolean, or an expression that gives one.
ChoiceTest read_condition(const ObjectReader& rule) {
  if (!read_expression(rule, "Condition")) rule.boolean("Condition");
  auto query = read_query(rule, "Condition");
  return query ? ChoiceTest{std::move(*query)} : ChoiceTest{};
}

ChoiceTest read_test(const ObjectReader& rule, bool top) {
  rule.allow(rule_fields(rule, top));
  const auto present = std::count_if(selectors.begin(), selectors.end(),
                                     [&](std::string_view field) { return rule.has(field); });
  if (present != 1) {
    rule.diagnostics().schema(
        "The object must have only one of the following fields, " + bracketed(selectors),
        rule.location());
  }
  if (rule.jsonata()) return read_condition(rule);
  if (rule.has("And")) return {ChoiceTest::And{read_tests(rule, "And")}};
  if (rule.has("Or")) return {ChoiceTest::Or{read_tests(rule, "Or")}};
  if (rule.has("Not")) return read_not(rule);
  if (rule.has("Variable")) return {read_compare(rule)};
  return {};
}

void read_rules(StateScope& scope, std::span<const Value> items, ChoiceState& choice) {
  const ObjectReader& state = scope.fields;
  const Location at = state.location("Choices");
  size_t i = 0;
  for (const Value& item : items) {
    const auto rule = ObjectReader::open(item, at.item(i++), state.language(), state.context());
    if (!rule) {
      scope.complete = false;
      continue;
    }
    rule->require("Next");
    ChoiceTest test = read_test(*rule, true);
    choice.rules.push_back({std::move(test), read_transition(scope, *rule, "Next"),
                            read_query(*rule, "Output"), read_assign(*rule)});
  }
}

}  // namespace

ChoiceState read_choice(StateScope& scope) {
  const ObjectReader& state = scope.fields;
  ChoiceState choice;
  state.require("Choices");
  if (const auto items = state.array("Choices", false)) {
    read_rules(scope, *items, choice);
  } else {
    scope.complete = false;
  }
  choice.default_next = read_transition(scope, state, "Default");
  return choice;
}

}  // namespace perdure::asl
