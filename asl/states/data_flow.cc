#include "asl/states/data_flow.h"

#include "asl/machine.h"

namespace perdure::asl {

Error invalid_path(const PathExpression& path, const Error& error) {
  if (path.source() == PathExpression::Source::intrinsic) return error;
  return Error{ErrorKind::runtime, "States.Runtime",
               "Invalid path '" + path.text() + "' : " + error.cause};
}

Result<Data> through(Evaluation& evaluation, const PathOrNull& field, Data data) {
  if (field.null) return Data{Payload("{}")};
  if (!field.path) return data;
  PD_TRY(scope, evaluation.scope(data));
  auto found = field.path->evaluate(scope);
  if (!found) return invalid_path(*field.path, found.error());
  return Data{*found};
}

Result<Data> filled_in(Evaluation& evaluation, const std::optional<Template>& parameters,
                       Data input) {
  if (!parameters) return input;
  PD_TRY(scope, evaluation.scope(input));
  PD_TRY(value, parameters->evaluate(scope));
  return Data{value};
}

Result<Data> with_result(Evaluation& evaluation, const PathOrNull& result_path, Data raw_input,
                         Data result) {
  if (result_path.null) return raw_input;
  if (!result_path.path || result_path.path->text() == "$") return result;
  PD_TRY(root, evaluation.value(raw_input));
  PD_TRY(value, evaluation.value(result));
  PD_TRY(document, result_path.path->write(root, value, evaluation.arena()));
  return Data{document};
}

Result<Data> assigned_by(Evaluation& evaluation, const std::optional<Template>& assign,
                         Data document) {
  if (!assign) return Data();
  PD_TRY(assigned, filled_in(evaluation, assign, std::move(document)));
  evaluation.show(DataStage::variables, assigned);
  return assigned.value.size() == 0 ? Data() : assigned;
}

Result<Exit> exit_with_result(Evaluation& evaluation, const Frame& frame,
                              const ResultFields& fields, Data result) {
  const StateCommon& common = frame.state->common;
  evaluation.show(DataStage::result, result);
  PD_TRY(selected, filled_in(evaluation, fields.result_selector, result));
  evaluation.show(DataStage::after_result_selector, selected);
  PD_TRY(placed, with_result(evaluation, fields.result_path, Data{frame.input}, selected));
  evaluation.show(DataStage::after_result_path, placed);
  PD_TRY(output, through(evaluation, common.output_path, placed));
  PD_TRY(assigned, assigned_by(evaluation, common.assign, result));
  return Exit{output, assigned};
}

Result<Exit> exit_with_input(Evaluation& evaluation, const Frame& frame,
                             const std::optional<Template>& assign, Data input) {
  PD_TRY(output, through(evaluation, frame.state->common.output_path, input));
  PD_TRY(assigned, assigned_by(evaluation, assign, input));
  return Exit{output, assigned};
}

Result<Exit> pass_through(const Frame& frame, Evaluation& evaluation) {
  const StateCommon& common = frame.state->common;
  PD_TRY(input, through(evaluation, common.input_path, Data{frame.input}));
  evaluation.show(DataStage::after_input_path, input);
  return exit_with_input(evaluation, frame, common.assign, input);
}

Result<std::optional<int64_t>> seconds_of(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view name, Data& input) {
  if (!field.path) return field.seconds;
  PD_TRY(scope, evaluation.scope(input));
  auto found = field.path->evaluate(scope);
  if (!found) return invalid_path(*field.path, found.error());
  if (found->is(Kind::integer) && found->as_integer() > 0) {
    return std::optional<int64_t>(found->as_integer());
  }
  return Error{ErrorKind::runtime, "States.Runtime",
               "The " + std::string(name) + " field refers to value " + to_json(*found) +
                   " which is not a valid positive integer: " + field.path->text()};
}

}  // namespace perdure::asl
