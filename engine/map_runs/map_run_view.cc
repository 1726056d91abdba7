#include "engine/map_runs/map_run_view.h"

#include "engine/map_runs/map_run_host.h"

namespace perdure::engine {

Result<MapRunView> read_map_run(Store& store, const std::string& arn) {
  const ActorKey key = actor_key(arn);
  PD_TRY(kind, store.actor_kind(key));
  std::optional<LoadedMapRun> loaded;
  if (kind == ActorKind::map_run) {
    PD_TRY(read, load_map_run(store, key));
    loaded = std::move(read);
  }
  if (!loaded) {
    return Error{ErrorKind::not_found, "ResourceNotFound", "Resource not found: '" + arn + "'"};
  }
  const MapRun& run = *loaded->run;
  MapRunView view;
  view.arn = arn;
  view.execution_arn = run.order().execution_arn;
  view.state_machine_arn = state_machine_arn(run.order().tenant, map_run_machine(run.order()));
  view.status = status_name(run.status());
  view.start_ms = run.started_ms();
  view.stop_ms = run.stopped_ms();
  view.max_concurrency = run.max_concurrency();
  view.tolerated_failure_count = run.tolerated_failure_count().value_or(0);
  view.tolerated_failure_percentage = run.tolerated_failure_percentage().value_or(0);
  view.items = run.items();
  view.children = run.children();
  view.pending_items = run.pending_items();
  view.pending_children = run.pending_children();
  view.final_items = run.final_items();
  view.final_children = run.final_children();
  view.redrive_count = run.redrive_count();
  view.redrive_ms = run.redriven_ms();
  return view;
}

}  // namespace perdure::engine
