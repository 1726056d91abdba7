#pragma once
// The fold of a map run's notes: what its children and its reader have come to. Pure; `apply` is
// the only writer.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/map_runs/child_ranges.h"
#include "engine/map_runs/notes.h"

namespace perdure::engine {

enum class MapRunStatus : uint8_t { running, succeeded, failed, aborted };
std::string_view status_name(MapRunStatus status);  // AWS's word

// How many children, or items in children, have come to what.
struct MapRunCounts {
  int64_t running = 0, succeeded = 0, failed = 0, timed_out = 0, aborted = 0;
  int64_t results_written = 0;
  int64_t pending_redrive = 0;  // ended badly, and wait for their redrive
  int64_t started() const {
    return running + succeeded + failed + timed_out + aborted + pending_redrive;
  }
  int64_t unsuccessful() const { return failed + timed_out + aborted; }
  bool operator==(const MapRunCounts&) const = default;
};

class MapRun {
 public:
  // The notes begin with Began. Errors: its settings cannot be read.
  static Result<std::unique_ptr<MapRun>> begin(const map_note::Began& began);
  void apply(const MapNote& note);

  const MapRunOrder& order() const { return *order_; }
  std::shared_ptr<const MapRunOrder> shared_order() const { return order_; }
  const MapRunSettings& settings() const { return *settings_; }
  std::shared_ptr<const MapRunSettings> shared_settings() const { return settings_; }

  MapRunStatus status() const { return status_; }
  bool closed() const { return status_ != MapRunStatus::running; }
  // The execution's event that waits for its end.
  int64_t started_event() const { return started_event_; }
  int64_t redrive_count() const { return redrive_count_; }
  int64_t redriven_ms() const { return redriven_ms_; }  // the last time; 0: never
  // It is redriven as soon as it has ended.
  const std::optional<map_note::Redriven>& redrive_asked() const { return redrive_asked_; }

  int64_t started_ms() const { return started_ms_; }
  int64_t stopped_ms() const { return stopped_ms_; }  // 0: it runs
  const std::optional<map_note::Stopping>& stopping() const { return stopping_; }
  const map_note::Closed& ending() const { return closed_; }

  int64_t max_concurrency() const { return max_concurrency_; }
  std::optional<int64_t> tolerated_failure_count() const { return tolerated_count_; }
  std::optional<double> tolerated_failure_percentage() const { return tolerated_percentage_; }
  // More has failed than is tolerated. A share can only be told when all items are known.
  bool exceeded() const;

  const std::string& pin() const { return pin_; }
  bool all_known() const { return total_ >= 0; }
  bool all_started() const { return all_known() && next_item_ >= total_; }
  int64_t next_item() const { return next_item_; }    // of the next child
  int64_t next_index() const { return next_index_; }  // likewise
  int64_t total_items() const { return std::max(total_, next_item_); }
  int64_t pending_items() const { return total_items() - next_item_; }
  int64_t pending_children() const;
  const std::map<int64_t, MapChild>& running() const { return running_; }
  const ChildRanges& awaiting_redrive() const { return awaiting_redrive_; }
  const MapRunCounts& children() const { return children_; }
  const MapRunCounts& items() const { return items_; }
  // Of these, what has failed for good.
  const MapRunCounts& final_children() const { return final_children_; }
  const MapRunCounts& final_items() const { return final_items_; }
  // Of all results; one that a redrive has made again counts twice.
  int64_t result_bytes() const { return result_bytes_; }
  // The last place at or before the item where the reader has stood.
  map_note::Marked mark_before(int64_t item) const;

  // A cache of the fold; nothing if the text is none that this version wrote.
  std::string checkpoint() const;
  static std::unique_ptr<MapRun> from_checkpoint(std::string_view text);

 private:
  MapRun() = default;
  void apply_note(const map_note::Began&) {}
  void apply_note(const map_note::Pinned& note) { pin_ = note.pin; }
  void apply_note(const map_note::Marked& note);
  void apply_note(const map_note::ChildStarted& note);
  void apply_note(const map_note::ChildEnded& note);
  void apply_note(const map_note::AllRead& note) { total_ = note.items; }
  void apply_note(const map_note::Updated& note);
  void apply_note(const map_note::Stopping& note);
  void apply_note(const map_note::Closed& note);
  void apply_note(const map_note::Redriven& note);
  void apply_note(const map_note::ChildRedriven& note);
  void reopen(const map_note::Redriven& note);
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visit);
  Result<> read_order();
  void forget_old_marks();

  std::shared_ptr<const MapRunOrder> order_;
  std::shared_ptr<const MapRunSettings> settings_;
  MapRunStatus status_ = MapRunStatus::running;
  int64_t started_ms_ = 0, stopped_ms_ = 0;
  int64_t started_event_ = 0;
  int64_t redrive_count_ = 0, redriven_ms_ = 0;
  std::optional<map_note::Redriven> redrive_asked_;
  std::optional<map_note::Stopping> stopping_;
  map_note::Closed closed_;
  int64_t max_concurrency_ = 0;
  std::optional<int64_t> tolerated_count_;
  std::optional<double> tolerated_percentage_;
  std::string pin_;
  int64_t total_ = -1;  // items; -1: not known yet
  int64_t next_item_ = 0, next_index_ = 0;
  std::map<int64_t, MapChild> running_;  // by index
  ChildRanges unsuccessful_;             // since the last redrive, without those that are final
  ChildRanges awaiting_redrive_;         // of before it
  std::map<int64_t, std::string> marks_;
  MapRunCounts children_, items_, final_children_, final_items_;
  int64_t result_bytes_ = 0;
};

}  // namespace perdure::engine
