#include "asl/states/data_flow.h"

#include <utility>

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

bool is_jsonata(const Frame& frame) {
  return frame.state->common.query_language == QueryLanguage::jsonata;
}

Result<Data> queried(Evaluation& evaluation, const std::optional<Query>& query, Data otherwise,
                     Evaluation::Seen seen) {
  if (!query) return otherwise;
  PD_TRY(scope, evaluation.query_scope(*query, std::move(seen)));
  PD_TRY(value, query->evaluate(scope, evaluation.failed_at));
  return Data{value};
}

Result<Value> queried(Evaluation& evaluation, const Query& query, Kind kind,
                      std::string_view expected) {
  PD_TRY(scope, evaluation.query_scope(query));
  PD_TRY(value, query.evaluate(scope, evaluation.failed_at));
  if (!value.is(kind)) return query.unexpected(expected, value, evaluation.failed_at);
  return value;
}

Result<Data> filled_in(Evaluation& evaluation, const std::optional<Fillable>& field, Data document,
                       Evaluation::Seen seen) {
  if (!field) return document;
  if (const auto* query = std::get_if<Query>(&*field)) {
    return queried(evaluation, *query, document, std::move(seen));
  }
  return filled_in(evaluation, std::optional(std::get<Template>(*field)), std::move(document));
}

Result<Data> assigned_by(Evaluation& evaluation, const std::optional<Fillable>& assign,
                         Data document, Evaluation::Seen seen) {
  if (!assign) return Data();
  PD_TRY(assigned, filled_in(evaluation, assign, std::move(document), std::move(seen)));
  evaluation.show(DataStage::variables, assigned);
  return assigned.value.size() == 0 ? Data() : assigned;
}

Result<Exit> queried_exit(Evaluation& evaluation, const std::optional<Query>& output,
                          const std::optional<Fillable>& assign, Data otherwise,
                          Evaluation::Seen seen) {
  PD_TRY(left, queried(evaluation, output, std::move(otherwise), seen));
  PD_TRY(assigned, assigned_by(evaluation, assign, Data(), std::move(seen)));
  return Exit{left, assigned};
}

Result<Exit> exit_with_result(Evaluation& evaluation, const Frame& frame,
                              const ResultFields& fields, Data result) {
  const StateCommon& common = frame.state->common;
  evaluation.show(DataStage::result, result);
  if (is_jsonata(frame)) {
    return queried_exit(evaluation, common.output, common.assign, result, {"result", result});
  }
  PD_TRY(selected, filled_in(evaluation, fields.result_selector, result));
  evaluation.show(DataStage::after_result_selector, selected);
  PD_TRY(placed, with_result(evaluation, fields.result_path, Data{frame.input}, selected));
  evaluation.show(DataStage::after_result_path, placed);
  PD_TRY(output, through(evaluation, common.output_path, placed));
  PD_TRY(assigned, assigned_by(evaluation, common.assign, result));
  return Exit{output, assigned};
}

Result<Exit> exit_with_input(Evaluation& evaluation, const Frame& frame,
                             const std::optional<Fillable>& assign, Data input) {
  PD_TRY(output, through(evaluation, frame.state->common.output_path, input));
  PD_TRY(assigned, assigned_by(evaluation, assign, input));
  return Exit{output, assigned};
}

Result<Exit> pass_through(const Frame& frame, Evaluation& evaluation) {
  const StateCommon& common = frame.state->common;
  if (is_jsonata(frame)) {
    return queried_exit(evaluation, common.output, common.assign, Data{frame.input});
  }
  PD_TRY(input, through(evaluation, common.input_path, Data{frame.input}));
  evaluation.show(DataStage::after_input_path, input);
  return exit_with_input(evaluation, frame, common.assign, input);
}

Result<std::optional<int64_t>> seconds_of(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view name, Data& input) {
  if (field.query) {
    PD_TRY(value, queried(evaluation, *field.query, Kind::integer, "number"));
    return std::optional<int64_t>(value.as_integer());
  }
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
