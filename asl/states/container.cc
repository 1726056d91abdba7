#include "asl/states/container.h"

#include "asl/states/data_flow.h"
#include "asl/states/map_distributed.h"
#include "asl/states/states.h"

namespace perdure::asl {

void complete_container(const Frame& container, const ResultFields& fields, EntryType succeeded,
                        Run& run) {
  std::string results = "[";
  for (const Payload& result : container.results) {
    if (results.size() > 1) results += ',';
    results += result.text();
  }
  results += ']';
  // Both events that end the state follow the last event inside it.
  const EventId join = container.join_event;
  run.append(Entry(succeeded, container.id), join);
  if (run.closed()) return;
  const auto exit = exit_with_result(run.evaluation(container), container, fields,
                                     Data{Payload(std::move(results))});
  if (!exit) return run.fail(container, exit.error(), join);
  run.leave(container, *exit, container.state->common.next, join);
}

void try_again(const Frame& frame, Run& run) {
  const auto& kind = frame.state->kind;
  if (const auto* task = std::get_if<TaskState>(&kind)) {
    try_task_again(*task, frame, run);
  } else if (const auto* parallel = std::get_if<ParallelState>(&kind)) {
    try_parallel_again(*parallel, frame, run);
  } else {
    try_map_again(std::get<MapState>(kind), frame, run);
  }
}

void run_again(const Frame& frame, Run& run) {
  run.forget_evaluation(frame.id);
  if (redrive_map_run(frame, run)) return;
  std::visit(
      [&](const auto& kind) {
        using Kind = std::decay_t<decltype(kind)>;
        constexpr bool simple = !std::is_same_v<Kind, TaskState> &&
                                !std::is_same_v<Kind, ParallelState> &&
                                !std::is_same_v<Kind, MapState>;
        if constexpr (simple) {
          enter(kind, frame, run);
        } else {
          try_again(frame, run);
        }
      },
      frame.state->kind);
}

void go_on(const Frame& container, bool too_large, Run& run) {
  const bool map = std::holds_alternative<MapState>(container.state->kind);
  if (map && !start_iterations(container, container.last_event, run)) return;
  if (container.running > 0) return;
  if (too_large) return try_again(container, run);
  map ? iteration_finished(container, container.last_event, run) : branch_finished(container, run);
}

}  // namespace perdure::asl
