#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

// The literal, or the text that the path or intrinsic call yields.
Result<std::optional<std::string>> text_of(const std::optional<std::string>& literal,
                                           const std::optional<PathExpression>& path,
                                           std::string_view field, Data& input,
                                           Evaluation& evaluation) {
  if (!path) return literal;
  PD_TRY(scope, evaluation.scope(input));
  const auto found = path->evaluate(scope);
  if (!found && path->source() == PathExpression::Source::intrinsic) return found.error();
  if (!found) {
    return Error{ErrorKind::runtime, "States.Runtime",
                 "The JSONPath '" + path->text() + "' specified for the field '" +
                     std::string(field) + "' could not be found in the input '" +
                     to_json(scope.input) + "'"};
  }
  if (!found->is(Kind::string)) {
    return Error{ErrorKind::runtime, "States.Runtime",
                 "The JSONPath '" + path->text() + "' specified for the field '" +
                     std::string(field) + "' must reference a string, but was: " + to_json(*found)};
  }
  return std::optional<std::string>(std::string(found->as_string()));
}

Result<std::optional<std::string>> text_of(const Query& query, Evaluation& evaluation) {
  PD_TRY(value, queried(evaluation, query, Kind::string, "string"));
  return std::optional<std::string>(std::string(value.as_string()));
}

}  // namespace

void enter(const FailState& fail, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  Data input{frame.input};
  evaluation.show(DataStage::after_input_path, input);
  const auto error = fail.error_query
                         ? text_of(*fail.error_query, evaluation)
                         : text_of(fail.error, fail.error_path, "ErrorPath", input, evaluation);
  if (!error) return run.fail(frame, error.error(), frame.entered_event);
  const auto cause = fail.cause_query
                         ? text_of(*fail.cause_query, evaluation)
                         : text_of(fail.cause, fail.cause_path, "CausePath", input, evaluation);
  if (!cause) return run.fail(frame, cause.error(), frame.entered_event);
  run.fail(frame, Failure{*error, *cause}, frame.entered_event);
}

}  // namespace perdure::asl
