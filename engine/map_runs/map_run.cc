#include "engine/map_runs/map_run.h"

#include <algorithm>

#include "engine/journal/members.h"

namespace perdure::engine {
namespace {

constexpr uint8_t checkpoint_version = 2;
constexpr size_t kept_marks = 64;  // before old ones are looked for

int64_t& count_of(MapRunCounts& counts, ChildStatus status) {
  switch (status) {
    case ChildStatus::succeeded:
      return counts.succeeded;
    case ChildStatus::timed_out:
      return counts.timed_out;
    case ChildStatus::aborted:
      return counts.aborted;
    case ChildStatus::failed:
      break;
  }
  return counts.failed;
}

template <class Visitor, class Counts>
void visit_counts(Visitor&& visit, Counts& counts) {
  visit(counts.running), visit(counts.succeeded), visit(counts.failed), visit(counts.timed_out);
  visit(counts.aborted), visit(counts.results_written), visit(counts.pending_redrive);
}

// Those that ended badly and may be redriven wait for it now; what is final stays.
void let_wait(MapRunCounts& counts, const MapRunCounts& final) {
  counts.pending_redrive += counts.unsuccessful() - final.unsuccessful();
  counts.failed = final.failed;
  counts.timed_out = final.timed_out;
  counts.aborted = final.aborted;
  counts.results_written = 0;
}

}  // namespace

std::string_view status_name(MapRunStatus status) {
  switch (status) {
    case MapRunStatus::running:
      return "RUNNING";
    case MapRunStatus::succeeded:
      return "SUCCEEDED";
    case MapRunStatus::failed:
      return "FAILED";
    case MapRunStatus::aborted:
      break;
  }
  return "ABORTED";
}

Result<> MapRun::read_order() {
  PD_TRY(settings, read_map_run_settings(order_->settings));
  settings_ = std::make_shared<const MapRunSettings>(std::move(settings));
  return {};
}

Result<std::unique_ptr<MapRun>> MapRun::begin(const map_note::Began& began) {
  std::unique_ptr<MapRun> run(new MapRun);
  run->order_ = std::make_shared<const MapRunOrder>(began.order);
  PD_CHECK(run->read_order());
  run->started_ms_ = began.now_ms;
  run->started_event_ = began.order.started;
  run->total_ = began.items;
  run->max_concurrency_ = run->settings_->max_concurrency;
  run->tolerated_count_ = run->settings_->tolerated_failure_count;
  run->tolerated_percentage_ = run->settings_->tolerated_failure_percentage;
  return run;
}

void MapRun::apply(const MapNote& note) {
  std::visit([this](const auto& one) { apply_note(one); }, note);
}

void MapRun::apply_note(const map_note::Marked& note) {
  marks_[note.item] = note.position;
  if (marks_.size() > kept_marks) forget_old_marks();
}

// Nobody goes back behind the first item of a child that runs.
void MapRun::forget_old_marks() {
  const int64_t needed = running_.empty() ? next_item_ : running_.begin()->second.first_item;
  const auto behind = marks_.upper_bound(std::min(needed, next_item_));
  if (behind != marks_.begin()) marks_.erase(marks_.begin(), std::prev(behind));
}

map_note::Marked MapRun::mark_before(int64_t item) const {
  const auto behind = marks_.upper_bound(item);
  if (behind == marks_.begin()) return {};
  return {std::prev(behind)->first, std::prev(behind)->second};
}

void MapRun::apply_note(const map_note::ChildStarted& note) {
  running_[next_index_++] = {next_item_, note.items};
  next_item_ += note.items;
  ++children_.running;
  items_.running += note.items;
}

void MapRun::apply_note(const map_note::ChildEnded& note) {
  const auto child = running_.extract(note.index);
  if (!child) return;
  const auto status = static_cast<ChildStatus>(note.status);
  const MapChild& ended = child.mapped();
  --children_.running;
  items_.running -= ended.items;
  ++count_of(children_, status);
  count_of(items_, status) += ended.items;
  result_bytes_ += static_cast<int64_t>(note.result.size());
  if (status == ChildStatus::succeeded) return;
  if (!note.final) return unsuccessful_.add(note.index, ended);
  ++count_of(final_children_, status);
  count_of(final_items_, status) += ended.items;
}

void MapRun::apply_note(const map_note::Updated& note) {
  if (note.max_concurrency) max_concurrency_ = *note.max_concurrency;
  if (note.tolerated_failure_count) tolerated_count_ = note.tolerated_failure_count;
  if (note.tolerated_failure_percentage) tolerated_percentage_ = note.tolerated_failure_percentage;
}

void MapRun::apply_note(const map_note::Stopping& note) {
  stopping_ = note;
  redrive_asked_.reset();  // whoever asked for it has ended since
}

// AWS: a run that has not ended completes what it does before.
void MapRun::apply_note(const map_note::Redriven& note) {
  if (closed()) return reopen(note);
  redrive_asked_ = note;
}

void MapRun::reopen(const map_note::Redriven& note) {
  status_ = MapRunStatus::running;
  stopped_ms_ = 0;
  stopping_.reset();
  closed_ = {};
  redrive_asked_.reset();
  started_event_ = note.started;
  redriven_ms_ = note.now_ms;
  ++redrive_count_;
  let_wait(children_, final_children_);
  let_wait(items_, final_items_);
  awaiting_redrive_.take_all(unsuccessful_);
}

void MapRun::apply_note(const map_note::ChildRedriven& note) {
  const auto child = awaiting_redrive_.take(note.index);
  if (!child) return;
  running_[note.index] = *child;
  --children_.pending_redrive;
  items_.pending_redrive -= child->items;
  ++children_.running;
  items_.running += child->items;
}

void MapRun::apply_note(const map_note::Closed& note) {
  closed_ = note;
  stopped_ms_ = note.now_ms;
  children_.results_written = note.children_written;
  items_.results_written = note.items_written;
  const bool aborted = stopping_ && stopping_->aborted;
  status_ = aborted      ? MapRunStatus::aborted
            : note.error ? MapRunStatus::failed
                         : MapRunStatus::succeeded;
  if (redrive_asked_) reopen(map_note::Redriven(*redrive_asked_));
}

// AWS: without either limit no failure is tolerated; with both, each holds.
bool MapRun::exceeded() const {
  const int64_t failed = items_.failed + items_.timed_out + items_.aborted;
  if (failed == 0) return false;
  if (!tolerated_count_ && !tolerated_percentage_) return true;
  if (tolerated_count_ && failed > *tolerated_count_) return true;
  if (!tolerated_percentage_) return false;
  if (*tolerated_percentage_ == 0) return true;
  return all_known() &&
         static_cast<double>(failed) * 100 > *tolerated_percentage_ * static_cast<double>(total_);
}

// Of batches that are limited by their bytes nobody knows how many there will be.
int64_t MapRun::pending_children() const {
  const int64_t items = pending_items();
  if (!settings_->batched) return items;
  const int64_t size = std::max<int64_t>(1, settings_->max_items_per_batch.value_or(items));
  return (items + size - 1) / size;
}

template <class Self, class Visitor>
void MapRun::visit(Self& self, Visitor&& visit) {
  visit(self.started_ms_), visit(self.stopped_ms_), visit(self.max_concurrency_);
  visit(self.tolerated_count_), visit(self.tolerated_percentage_), visit(self.pin_);
  visit(self.total_), visit(self.next_item_), visit(self.next_index_), visit(self.result_bytes_);
  visit(self.started_event_), visit(self.redrive_count_), visit(self.redriven_ms_);
  for (auto* counts : {&self.children_, &self.items_, &self.final_children_, &self.final_items_}) {
    visit_counts(visit, *counts);
  }
}

namespace {

void write_ranges(journal::MemberWriter& write, const ChildRanges& children) {
  write(static_cast<int64_t>(children.ranges().size()));
  for (const auto& [index, range] : children.ranges()) {
    write(index), write(range.count), write(range.first_item), write(range.items);
  }
}

void read_ranges(journal::MemberReader& read, const journal::ByteReader& in,
                 ChildRanges& children) {
  int64_t count = 0;
  for (read(count); count > 0 && in.ok(); --count) {
    int64_t index = 0;
    ChildRanges::Range range;
    read(index), read(range.count), read(range.first_item), read(range.items);
    children.add(index, range);
  }
}

}  // namespace

std::string MapRun::checkpoint() const {
  std::string out(1, static_cast<char>(checkpoint_version));
  journal::MemberWriter write(out);
  visit_map_run_order(write, *order_);
  visit(*this, write);
  write(static_cast<int64_t>(status_));
  write(stopping_.has_value());
  if (stopping_) write(stopping_->aborted), write(stopping_->error), write(stopping_->cause);
  write(closed_.error), write(closed_.cause);
  write(redrive_asked_.has_value());
  if (redrive_asked_) write(redrive_asked_->now_ms), write(redrive_asked_->started);
  write_ranges(write, unsuccessful_);
  write_ranges(write, awaiting_redrive_);
  write(static_cast<int64_t>(running_.size()));
  for (const auto& [index, child] : running_) {
    write(index), write(child.first_item), write(child.items);
  }
  write(static_cast<int64_t>(marks_.size()));
  for (const auto& [item, position] : marks_) write(item), write(position);
  return out;
}

std::unique_ptr<MapRun> MapRun::from_checkpoint(std::string_view text) {
  journal::ByteReader in(text);
  if (in.byte() != checkpoint_version) return nullptr;
  journal::MemberReader read(in);
  MapRunOrder order;
  visit_map_run_order(read, order);
  std::unique_ptr<MapRun> run(new MapRun);
  run->order_ = std::make_shared<const MapRunOrder>(std::move(order));
  if (!in.ok() || !run->read_order()) return nullptr;
  visit(*run, read);
  int64_t status = 0, count = 0;
  bool stopping = false;
  read(status), read(stopping);
  run->status_ = static_cast<MapRunStatus>(status);
  if (stopping) {
    map_note::Stopping& note = run->stopping_.emplace();
    read(note.aborted), read(note.error), read(note.cause);
  }
  read(run->closed_.error), read(run->closed_.cause);
  bool asked = false;
  read(asked);
  if (asked) {
    map_note::Redriven& note = run->redrive_asked_.emplace();
    read(note.now_ms), read(note.started);
  }
  read_ranges(read, in, run->unsuccessful_);
  read_ranges(read, in, run->awaiting_redrive_);
  read(count);
  for (; count > 0 && in.ok(); --count) {
    int64_t index = 0;
    MapChild child;
    read(index), read(child.first_item), read(child.items);
    run->running_[index] = child;
  }
  read(count);
  for (; count > 0 && in.ok(); --count) {
    int64_t item = 0;
    std::string position;
    read(item), read(position);
    run->marks_[item] = std::move(position);
  }
  return in.ok() ? std::move(run) : nullptr;
}

}  // namespace perdure::engine
