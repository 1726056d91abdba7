#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

Result<Data> run_pass(const PassState& pass, const Frame& frame, Evaluation& evaluation) {
  PD_TRY(input, through(evaluation, frame.state->common.input_path, Data{frame.input}));
  PD_TRY(parameters, filled_in(evaluation, pass.fields.parameters, input));
  const Data result = pass.result ? Data{pass.result} : parameters;
  // A Pass places its result into what InputPath selected, not into the raw input.
  PD_TRY(placed, with_result(evaluation, pass.fields.result_path, input, result));
  return through(evaluation, frame.state->common.output_path, placed);
}

}  // namespace

void enter(const PassState& pass, const Frame& frame, Run& run) {
  const auto output = run_pass(pass, frame, run.evaluation(frame));
  if (!output) return run.fail(frame, output.error(), frame.entered_event);
  run.leave(frame, *output, frame.state->common.next, frame.entered_event);
}

}  // namespace perdure::asl
