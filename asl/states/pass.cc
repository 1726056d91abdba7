#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

Result<Exit> run_pass(const PassState& pass, const Frame& frame, Evaluation& evaluation) {
  PD_TRY(input, through(evaluation, frame.state->common.input_path, Data{frame.input}));
  evaluation.show(DataStage::after_input_path, input);
  PD_TRY(parameters, filled_in(evaluation, pass.fields.parameters, input));
  evaluation.show(DataStage::after_parameters, parameters);
  const Data result = pass.result ? Data{pass.result} : parameters;
  if (pass.result) evaluation.show(DataStage::result, result);
  evaluation.show(DataStage::after_result_selector, result);
  PD_TRY(placed, with_result(evaluation, pass.fields.result_path, Data{frame.input}, result));
  evaluation.show(DataStage::after_result_path, placed);
  PD_TRY(output, through(evaluation, frame.state->common.output_path, placed));
  PD_TRY(assigned, assigned_by(evaluation, frame.state->common.assign, result));
  return Exit{output, assigned};
}

}  // namespace

void enter(const PassState& pass, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  const auto exit =
      is_jsonata(frame) ? pass_through(frame, evaluation) : run_pass(pass, frame, evaluation);
  if (!exit) return run.fail(frame, exit.error(), frame.entered_event);
  run.leave(frame, *exit, frame.state->common.next, frame.entered_event);
}

}  // namespace perdure::asl
