#include "engine/map_runs/results.h"

#include <map>

#include "asl/value/split.h"
#include "base/json.h"
#include "base/time.h"

namespace perdure::engine {
namespace {

constexpr int64_t rows_a_read = 16;

// The members of an array, without its brackets; anything else as it is.
std::string_view flattened(std::string_view result) {
  const bool array = result.size() >= 2 && result.front() == '[';
  return array ? result.substr(1, result.size() - 2) : result;
}

}  // namespace

ChildStatus child_status(asl::ExecutionStatus status) {
  switch (status) {
    case asl::ExecutionStatus::succeeded:
      return ChildStatus::succeeded;
    case asl::ExecutionStatus::timed_out:
      return ChildStatus::timed_out;
    case asl::ExecutionStatus::aborted:
      return ChildStatus::aborted;
    default:
      return ChildStatus::failed;
  }
}

namespace {

std::string description(const Closed& closed) {
  std::string out = "{";
  const auto member = [&out](std::string_view name, std::string_view json) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(name).append("\":").append(json);
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    member(name, dump_json(Json(value)));
  };
  const std::string status(asl::status_name(closed.status));
  const bool succeeded = closed.status == asl::ExecutionStatus::succeeded;
  if (closed.cause) text("Cause", *closed.cause);
  if (closed.error) text("Error", *closed.error);
  text("ExecutionArn", closed.execution_arn);
  text("Input", closed.input.text());
  member("InputDetails", R"({"Included":true})");
  text("Name", closed.name);
  if (closed.output) {
    text("Output", closed.output.text());
    member("OutputDetails", R"({"Included":true})");
  }
  member("RedriveCount", std::to_string(closed.redrive_count));
  text("RedriveStatus", succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN");
  if (succeeded) {
    text("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
  }
  text("StartDate", iso8601_ms(closed.start_ms));
  text("StateMachineArn", closed.state_machine_arn);
  text("Status", status);
  text("StopDate", iso8601_ms(closed.stop_ms));
  return out + "}";
}

}  // namespace

std::string map_child_result(const Closed& closed, bool described) {
  const bool output = closed.status == asl::ExecutionStatus::succeeded && !described;
  return output ? std::string(closed.output.text()) : description(closed);
}

namespace {

using Visit = std::function<Result<>(const map_note::ChildEnded&)>;

Result<> each_end(Store& store, const ActorKey& key, const Visit& visit) {
  for (int64_t sequence = 1;;) {
    PD_TRY(rows, store.load_journal(key, sequence, rows_a_read));
    for (const JournalRow& row : rows) {
      PD_TRY(notes, decode_notes(row.data));
      for (const MapNote& note : notes) {
        if (const auto* ended = std::get_if<map_note::ChildEnded>(&note)) PD_CHECK(visit(*ended));
      }
    }
    if (static_cast<int64_t>(rows.size()) < rows_a_read) return {};
    sequence = rows.back().sequence + 1;
  }
}

// Of children that have ended badly: which of all ends is their last.
Result<std::map<int64_t, int64_t>> last_ends(Store& store, const ActorKey& key) {
  std::map<int64_t, int64_t> last;
  int64_t place = 0;
  PD_CHECK(each_end(store, key, [&](const map_note::ChildEnded& ended) -> Result<> {
    const bool well = ended.status == static_cast<int64_t>(ChildStatus::succeeded);
    if (!well || last.contains(ended.index)) last[ended.index] = place;
    ++place;
    return {};
  }));
  return last;
}

}  // namespace

Result<> each_result(Store& store, const ActorKey& key, const MapRun& run, const Visit& visit) {
  if (run.redrive_count() == 0) return each_end(store, key, visit);
  PD_TRY(last, last_ends(store, key));
  int64_t place = 0;
  return each_end(store, key, [&](const map_note::ChildEnded& ended) -> Result<> {
    const auto known = last.find(ended.index);
    const bool superseded = known != last.end() && known->second != place;
    ++place;
    return superseded ? Result<>() : visit(ended);
  });
}

Result<std::string> inline_results(Store& store, const ActorKey& key, const MapRun& run,
                                   int64_t max_bytes) {
  const Error too_large{ErrorKind::too_large, "States.DataLimitExceeded",
                        "The state/task '" + run.settings().state +
                            "' returned a result with a size exceeding the maximum number of "
                            "bytes service limit."};
  if (run.redrive_count() == 0 && run.result_bytes() > max_bytes) return too_large;
  int64_t bytes = 0;
  std::map<int64_t, std::string> ordered;
  PD_CHECK(each_result(store, key, run, [&](const map_note::ChildEnded& ended) -> Result<> {
    bytes += static_cast<int64_t>(ended.result.size());
    if (bytes > max_bytes) return too_large;
    ordered.try_emplace(ended.index, ended.result);
    return {};
  }));
  std::string results = "[";
  for (const auto& [index, result] : ordered) {
    const bool flatten = run.settings().form == ResultForm::flatten;
    const std::string_view part = flatten ? flattened(result) : std::string_view(result);
    if (part.empty()) continue;
    if (results.size() > 1) results += ',';
    results += part;
  }
  results += ']';
  if (static_cast<int64_t>(results.size()) > max_bytes) return too_large;
  return results;
}

}  // namespace perdure::engine
