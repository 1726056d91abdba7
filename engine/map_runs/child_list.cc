#include "engine/map_runs/child_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace perdure::engine {
namespace {

using Records = std::vector<ExecutionRecord>;

constexpr const char* pending_redrive = "PENDING_REDRIVE";
constexpr const char* bad_ends[] = {"FAILED", "TIMED_OUT", "ABORTED"};

bool ended_badly(const std::string& status) {
  return std::find(std::begin(bad_ends), std::end(bad_ends), status) != std::end(bad_ends);
}

bool waits(const MapRunView& run, const ExecutionRecord& child) {
  return run.children.pending_redrive > 0 && ended_badly(child.status) &&
         child.stop_ms <= run.redrive_ms;
}

// Those with the filter's status that wait, or those that do not.
Result<Records> with_status(Store& store, const MapRunView& run, const ExecutionFilter& filter,
                            ExecutionPosition after, int64_t limit, bool waiting) {
  Records kept;
  for (bool more = true; more;) {
    PD_TRY(page, store.list_executions(filter, after, limit));
    more = static_cast<int64_t>(page.size()) == limit;
    if (more) after = {page.back().start_ms, page.back().key};
    for (ExecutionRecord& child : page) {
      if (waits(run, child) == waiting) kept.push_back(std::move(child));
    }
    if (static_cast<int64_t>(kept.size()) >= limit) break;
  }
  if (static_cast<int64_t>(kept.size()) > limit) kept.resize(static_cast<size_t>(limit));
  return kept;
}

Result<Records> all_pending(Store& store, const MapRunView& run, ExecutionFilter filter,
                            const ExecutionPosition& after, int64_t limit) {
  Records all;
  for (const char* status : bad_ends) {
    filter.status = status;
    PD_TRY(some, with_status(store, run, filter, after, limit, true));
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const ExecutionRecord& a, const ExecutionRecord& b) {
    return std::tie(b.start_ms, a.key) < std::tie(a.start_ms, b.key);
  });
  if (static_cast<int64_t>(all.size()) > limit) all.resize(static_cast<size_t>(limit));
  return all;
}

}  // namespace

void show_pending_redrive(const MapRunView& run, ExecutionRecord& child) {
  if (waits(run, child)) child.status = pending_redrive;
}

Result<Records> list_map_children(Store& store, const MapRunView& run,
                                  const ExecutionFilter& filter, const ExecutionPosition& after,
                                  int64_t limit) {
  Result<Records> children = Records();
  if (filter.status == pending_redrive) {
    if (run.children.pending_redrive > 0) children = all_pending(store, run, filter, after, limit);
  } else if (ended_badly(filter.status)) {
    children = with_status(store, run, filter, after, limit, false);
  } else {
    children = store.list_executions(filter, after, limit);
  }
  PD_CHECK(children);
  for (ExecutionRecord& child : *children) show_pending_redrive(run, child);
  return children;
}

}  // namespace perdure::engine
