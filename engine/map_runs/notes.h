#pragma once
// What happens to a map run, as its journal holds it (docs/journal.md).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/map_runs/order.h"

namespace perdure::engine {

enum class ChildStatus : int64_t { succeeded = 1, failed = 2, timed_out = 3, aborted = 4 };

namespace map_note {
struct Began {
  MapRunOrder order;
  int64_t now_ms = 0;
  int64_t items = -1;  // how many there are; -1: a reader will tell
};
// The reader has opened its content.
struct Pinned {
  std::string pin;
};
// Where the reader stands before this item.
struct Marked {
  int64_t item = 0;
  std::string position;
};
// The next child, with the next so many items.
struct ChildStarted {
  int64_t items = 0;
};
struct ChildEnded {
  int64_t index = 0;
  int64_t status = 0;  // ChildStatus
  std::string result;  // JSON, in the form in which it will be written
  bool final = false;  // it has failed, and cannot be redriven
};
struct AllRead {
  int64_t items = 0;  // there are so many
};
struct Updated {  // UpdateMapRun
  std::optional<int64_t> max_concurrency;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
};
// No more children are started; those that run are stopped.
struct Stopping {
  bool aborted = false;  // from outside; else the run has failed
  std::string error, cause;
};
struct Closed {
  int64_t now_ms = 0;
  std::optional<std::string> error;  // of a run that failed
  std::optional<std::string> cause;
  int64_t children_written = 0, items_written = 0;
};
// What did not end well is run again, as soon as the run has ended.
struct Redriven {
  int64_t now_ms = 0;
  int64_t started = 0;  // the execution's MapRunRedriven event
};
// A child that waited for it goes on.
struct ChildRedriven {
  int64_t index = 0;
};
}  // namespace map_note

// The type byte is the place here: new notes go to the end.
using MapNote =
    std::variant<map_note::Began, map_note::Pinned, map_note::Marked, map_note::ChildStarted,
                 map_note::ChildEnded, map_note::AllRead, map_note::Updated, map_note::Stopping,
                 map_note::Closed, map_note::Redriven, map_note::ChildRedriven>;

// One row of the journal. Notes of a later version are skipped.
std::string encode_notes(const std::vector<MapNote>& notes);
Result<std::vector<MapNote>> decode_notes(std::string_view row);

}  // namespace perdure::engine
