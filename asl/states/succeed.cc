#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {

void enter(const SucceedState&, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto output = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (output) output = through(evaluation, frame.state->common.output_path, *output);
  if (!output) return run.fail(frame, output.error(), frame.entered_event);
  run.leave(frame, *output, "", frame.entered_event);
}

}  // namespace perdure::asl
