#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {

void enter(const SucceedState&, const Frame& frame, Run& run) {
  const auto exit = pass_through(frame, run.evaluation(frame));
  if (!exit) return run.fail(frame, exit.error(), frame.entered_event);
  run.leave(frame, *exit, "", frame.entered_event);
}

}  // namespace perdure::asl
