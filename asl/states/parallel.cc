#include "asl/states/container.h"
#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

void start_branches(const ParallelState& parallel, const Frame& frame, EventId previous, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto input = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (input) evaluation.show(DataStage::after_input_path, *input);
  if (input) input = filled_in(evaluation, parallel.fields.parameters, *input);
  if (input) input = queried(evaluation, parallel.fields.arguments, *input);
  if (!input) return run.fail(frame, input.error(), previous);
  evaluation.show(DataStage::after_parameters, *input);
  const auto most = static_cast<size_t>(run.surrounding().limits.max_payload_bytes);
  const auto given = evaluation.payload(*input, most);
  if (!given) return run.fail(frame, given.error(), previous);
  run.append(Entry(EntryType::ParallelStateStarted, frame.id)
                 .set(Field::first_frame, run.execution().next_frame_id())
                 .set(Field::child_input, *given),
             previous);
}

}  // namespace

void enter(const ParallelState& parallel, const Frame& frame, Run& run) {
  start_branches(parallel, frame, frame.entered_event, run);
}

void try_parallel_again(const ParallelState& parallel, const Frame& frame, Run& run) {
  start_branches(parallel, frame, frame.last_event, run);
}

void branch_finished(const Frame& container, Run& run) {
  if (container.running > 0) return;
  const auto& parallel = std::get<ParallelState>(container.state->kind);
  complete_container(container, parallel.fields, EntryType::ParallelStateSucceeded, run);
}

}  // namespace perdure::asl
