#include "asl/states/map_number.h"

#include <charconv>

#include "asl/states/data_flow.h"

namespace perdure::asl {
namespace {

// The text in which a number is looked for: that of a string, or of a number as it was written.
std::string text_of(const Value& value) {
  return value.is(Kind::string) ? std::string(value.as_string()) : to_json(value);
}

template <class Number>
std::optional<Number> read(const Value& value) {
  const std::string text = text_of(value);
  Number number{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Recorded: the value stands in quotes whatever it is.
Error no_number(std::string_view field, const Value& value, std::string_view expected,
                const PathExpression& path) {
  return Error{ErrorKind::runtime, "States.Runtime",
               "The " + std::string(field) + " field refers to value \"" + text_of(value) +
                   "\" which is not a valid " + std::string(expected) + ": " + path.text()};
}

Result<Value> at_path(Evaluation& evaluation, const PathExpression& path, Data& input) {
  PD_TRY(scope, evaluation.scope(input));
  const auto found = path.evaluate(scope);
  if (!found) return invalid_path(path, found.error());
  return *found;
}

}  // namespace

Result<std::optional<int64_t>> map_number(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view path_field, Data& input) {
  if (field.query) {
    PD_TRY(value, queried(evaluation, *field.query, Kind::integer, "number"));
    return std::optional(value.as_integer());
  }
  if (!field.path) return field.seconds;
  PD_TRY(found, at_path(evaluation, *field.path, input));
  const auto number = read<int64_t>(found);
  if (!number) return no_number(path_field, found, "integer", *field.path);
  return number;
}

Result<std::optional<double>> map_percentage(Evaluation& evaluation, const PercentField& field,
                                             Data& input) {
  std::optional<double> percent = field.percent;
  if (field.query) {
    PD_TRY(scope, evaluation.query_scope(*field.query));
    PD_TRY(value, field.query->evaluate(scope, evaluation.failed_at));
    if (!value.is_number()) {
      return field.query->unexpected("number", value, evaluation.failed_at);
    }
    percent = value.as_double();
  } else if (field.path) {
    PD_TRY(found, at_path(evaluation, *field.path, input));
    percent = read<double>(found);
    if (!percent) return no_number("ToleratedFailurePercentagePath", found, "float", *field.path);
  }
  if (percent && !(*percent >= 0 && *percent <= 100)) {
    return Error{ErrorKind::runtime, "States.Runtime",
                 "ToleratedFailurePercentage must be between 0 and 100."};
  }
  return percent;
}

}  // namespace perdure::asl
