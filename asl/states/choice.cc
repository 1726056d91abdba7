#include "asl/states/data_flow.h"
#include "asl/states/states.h"
#include "base/time.h"

namespace perdure::asl {
namespace {

// `*` stands for any characters, `\*` for an asterisk, `\\` for a backslash.
bool string_matches(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    while (!pattern.empty() && pattern[0] == '*') pattern.remove_prefix(1);
    if (pattern.empty()) return true;
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (string_matches(text.substr(skip), pattern)) return true;
    }
    return false;
  }
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return !text.empty() && text[0] == pattern[0] &&
         string_matches(text.substr(1), pattern.substr(1));
}

bool is_timestamp(const Value& value) {
  return value.is(Kind::string) && parse_iso8601(value.as_string()).has_value();
}

// Whether `order` (negative, 0, positive) is what the operator asks for. The four orderings of each
// type stand in the same order after its "equals".
bool ordered(int order, Comparison comparison, Comparison equals) {
  switch (static_cast<int>(comparison) - static_cast<int>(equals)) {
    case 0:
      return order == 0;
    case 1:
      return order < 0;
    case 2:
      return order > 0;
    case 3:
      return order <= 0;
    default:
      return order >= 0;
  }
}

int sign(double difference) { return difference < 0 ? -1 : difference > 0 ? 1 : 0; }

int compare_numbers(const Value& a, const Value& b) {
  if (a.is(Kind::integer) && b.is(Kind::integer)) {
    return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer() ? 1 : 0;
  }
  return sign(a.as_double() - b.as_double());
}

// Values of the wrong type are no match, never an error.
bool compare(Comparison op, const Value& a, const Value& b) {
  if (op <= Comparison::string_greater_than_equals) {
    if (!a.is(Kind::string) || !b.is(Kind::string)) return false;
    return ordered(a.as_string().compare(b.as_string()), op, Comparison::string_equals);
  }
  if (op == Comparison::string_matches) {
    return a.is(Kind::string) && b.is(Kind::string) && string_matches(a.as_string(), b.as_string());
  }
  if (op <= Comparison::numeric_greater_than_equals) {
    if (!a.is_number() || !b.is_number()) return false;
    return ordered(compare_numbers(a, b), op, Comparison::numeric_equals);
  }
  if (op == Comparison::boolean_equals) {
    return a.is(Kind::boolean) && b.is(Kind::boolean) && a.as_boolean() == b.as_boolean();
  }
  if (!is_timestamp(a) || !is_timestamp(b)) return false;
  const int64_t difference = *parse_iso8601(a.as_string()) - *parse_iso8601(b.as_string());
  return ordered(sign(static_cast<double>(difference)), op, Comparison::timestamp_equals);
}

bool is_of_type(Comparison op, const Value& value) {
  switch (op) {
    case Comparison::is_null:
      return value.is(Kind::null);
    case Comparison::is_numeric:
      return value.is_number();
    case Comparison::is_string:
      return value.is(Kind::string);
    case Comparison::is_boolean:
      return value.is(Kind::boolean);
    default:
      return is_timestamp(value);
  }
}

Error invalid_value(const PathExpression& path) {
  return Error{ErrorKind::runtime, "States.Runtime",
               "Invalid path '" + path.text() +
                   "': The choice state's condition path references an invalid value."};
}

class Tester {
 public:
  Tester(Evaluation& evaluation, Scope& scope) : evaluation_(evaluation), scope_(scope) {}

  Result<bool> holds(const ChoiceTest& test) {
    if (const auto* all = std::get_if<ChoiceTest::And>(&test.test)) {
      return until(all->tests, false);
    }
    if (const auto* any = std::get_if<ChoiceTest::Or>(&test.test)) return until(any->tests, true);
    if (const auto* no = std::get_if<ChoiceTest::Not>(&test.test)) {
      PD_TRY(inner, holds(*no->test));
      return !inner;
    }
    if (const auto* condition = std::get_if<Query>(&test.test)) {
      PD_TRY(value, queried(evaluation_, *condition, Kind::boolean, "boolean"));
      return value.as_boolean();
    }
    return holds(std::get<ChoiceTest::Compare>(test.test));
  }

 private:
  // Goes through the tests up to the first that comes out as `decisive`, which is then the answer.
  Result<bool> until(const std::vector<ChoiceTest>& tests, bool decisive) {
    for (const ChoiceTest& test : tests) {
      PD_TRY(result, holds(test));
      if (result == decisive) return decisive;
    }
    return !decisive;
  }

  Result<bool> holds(const ChoiceTest::Compare& test) {
    const auto variable = test.variable.evaluate(scope_);
    Data literal{Payload(test.literal_json)};
    Value other;
    if (!test.path) {
      PD_TRY(value, evaluation_.value(literal));
      other = value;
    }
    if (test.comparison == Comparison::is_present) {
      return variable.has_value() == other.as_boolean();
    }
    if (!variable) return invalid_value(test.variable);
    if (test.path) {
      const auto value = test.path->evaluate(scope_);
      if (!value) return invalid_value(*test.path);
      other = *value;
    }
    if (test.comparison >= Comparison::is_null) {
      return is_of_type(test.comparison, *variable) == other.as_boolean();
    }
    return compare(test.comparison, *variable, other);
  }

  Evaluation& evaluation_;
  Scope& scope_;
};

// Where the way goes on.
struct Chosen {
  const std::string& next;
  const std::optional<Query>& output;
  const std::optional<Fillable>& assign;
};

// The first rule that matches, or Default, which goes with the state's own Output and Assign.
Result<Chosen> chosen(const ChoiceState& choice, const StateCommon& common, Data& input,
                      Evaluation& evaluation) {
  PD_TRY(scope, evaluation.scope(input));
  Tester tester(evaluation, scope);
  for (const ChoiceRule& rule : choice.rules) {
    PD_TRY(matched, tester.holds(rule.test));
    if (matched) return Chosen{rule.next, rule.output, rule.assign};
  }
  if (!choice.default_next.empty())
    return Chosen{choice.default_next, common.output, common.assign};
  return Error{ErrorKind::runtime, "States.NoChoiceMatched",
               "Failed to transition out of the state. The state does not point to a next state."};
}

}  // namespace

void enter(const ChoiceState& choice, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto input = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (!input) return run.fail(frame, input.error(), frame.entered_event);
  evaluation.show(DataStage::after_input_path, *input);
  const auto way = chosen(choice, frame.state->common, *input, evaluation);
  if (!way) return run.fail(frame, way.error(), frame.entered_event);
  const auto exit = is_jsonata(frame) ? queried_exit(evaluation, way->output, way->assign, *input)
                                      : exit_with_input(evaluation, frame, way->assign, *input);
  if (!exit) return run.fail(frame, exit.error(), frame.entered_event);
  run.leave(frame, *exit, way->next, frame.entered_event);
}

}  // namespace perdure::asl
