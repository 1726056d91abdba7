// The notes of map runs on disk: version 1, as docs/journal.md has it.
#include "engine/map_runs/notes.h"

#include <gtest/gtest.h>

#include "engine/map_runs/map_run.h"

namespace perdure::engine {
namespace {

map_note::Began began() {
  map_note::Began note;
  note.order.arn = "arn:aws:states:us-east-1:000000000000:mapRun:m/L:u";
  note.order.execution_arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
  note.order.settings = R"({"state":"M","label":"L","toleratedFailureCount":1})";
  note.order.items = "[1,2,3]";
  note.now_ms = 5;
  note.items = 3;
  return note;
}

std::vector<MapNote> some_notes() {
  return {began(),
          map_note::Pinned{"pin"},
          map_note::Marked{0, ""},
          map_note::ChildStarted{2},
          map_note::ChildStarted{1},
          map_note::Updated{7, std::nullopt, 12.5},
          map_note::ChildEnded{0, static_cast<int64_t>(ChildStatus::failed), "{}"},
          map_note::AllRead{3},
          map_note::Stopping{false, "E", "C"}};
}

constexpr auto failed = static_cast<int64_t>(ChildStatus::failed);
constexpr auto succeeded = static_cast<int64_t>(ChildStatus::succeeded);

std::unique_ptr<MapRun> folded(const std::vector<MapNote>& notes) {
  auto run = MapRun::begin(std::get<map_note::Began>(notes.front()));
  EXPECT_TRUE(run.has_value());
  for (const MapNote& note : notes) (*run)->apply(note);
  return std::move(*run);
}

TEST(MapNotesTest, AreReadAsTheyWereWritten) {
  const std::string row = encode_notes(some_notes());
  const auto notes = decode_notes(row);
  ASSERT_TRUE(notes.has_value());
  EXPECT_EQ(encode_notes(*notes), row);
  EXPECT_EQ(std::get<map_note::Began>(notes->front()).order, began().order);
}

TEST(MapNotesTest, KeepTheirBytes) {
  const std::vector<MapNote> notes = {map_note::ChildStarted{2}, map_note::ChildEnded{1, 1, "ab"},
                                      map_note::AllRead{3}};
  EXPECT_EQ(encode_notes(notes), std::string("\x01\x03\x01\x04\x04\x05\x02\x02\x02"
                                             "ab\x05\x01\x06"));
}

TEST(MapNotesTest, LaterOnesAreSkippedAndBrokenOnesAreErrors) {
  const std::string row = encode_notes({map_note::AllRead{3}});
  EXPECT_EQ(decode_notes(row + std::string("\x7f\x02xy"))->size(), 1u);
  EXPECT_FALSE(decode_notes("\x02"));
  EXPECT_FALSE(decode_notes(row.substr(0, row.size() - 1)));
  EXPECT_FALSE(decode_notes(""));
}

TEST(MapRunTest, CountsChildrenAndTheirItems) {
  const auto run = folded(some_notes());
  EXPECT_EQ(run->items().failed, 2);
  EXPECT_EQ(run->items().running, 1);
  EXPECT_EQ(run->children().failed, 1);
  EXPECT_EQ(run->pending_items(), 0);
  EXPECT_EQ(run->max_concurrency(), 7);
  EXPECT_TRUE(run->exceeded());
}

TEST(MapRunTest, CountsAnEndOnce) {
  auto run = folded(some_notes());
  run->apply(map_note::ChildEnded{0, static_cast<int64_t>(ChildStatus::failed), "{}"});
  EXPECT_EQ(run->items().failed, 2);
  EXPECT_EQ(run->items().running, 1);
}

TEST(MapRunTest, ACheckpointIsTheFold) {
  const auto run = folded(some_notes());
  const auto again = MapRun::from_checkpoint(run->checkpoint());
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->checkpoint(), run->checkpoint());
  EXPECT_EQ(again->items(), run->items());
  EXPECT_EQ(again->stopping()->error, "E");
  EXPECT_EQ(MapRun::from_checkpoint("\x09"), nullptr);
  EXPECT_EQ(MapRun::from_checkpoint(run->checkpoint().substr(0, 40)), nullptr);
}

TEST(MapRunTest, ARedriveLetsWhatFailedWait) {
  auto notes = some_notes();
  notes.push_back(map_note::ChildEnded{1, failed, "{}", true});
  notes.push_back(map_note::Closed{8, "E", "C", 0, 0});
  notes.push_back(map_note::Redriven{9, 77});
  const auto run = folded(notes);
  EXPECT_EQ(run->status(), MapRunStatus::running);
  EXPECT_EQ(run->stopped_ms(), 0);
  EXPECT_EQ(run->started_event(), 77);
  EXPECT_EQ(run->redrive_count(), 1);
  EXPECT_EQ(run->items().pending_redrive, 2);
  EXPECT_EQ(run->items().failed, 1) << "that one is final";
  EXPECT_EQ(run->final_children().failed, 1);
  EXPECT_EQ(run->items().started(), 3);
  EXPECT_FALSE(run->stopping());
  EXPECT_EQ(run->awaiting_redrive().first(), 0);
  run->apply(map_note::ChildRedriven{0});
  EXPECT_TRUE(run->awaiting_redrive().empty());
  EXPECT_EQ(run->items().running, 2);
  EXPECT_EQ(run->running().at(0).items, 2);
  const auto again = MapRun::from_checkpoint(run->checkpoint());
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->checkpoint(), run->checkpoint());
  run->apply(map_note::ChildEnded{0, succeeded, "1"});
  EXPECT_EQ(run->items().succeeded, 2);
  EXPECT_EQ(run->items().pending_redrive, 0);
}

TEST(MapRunTest, OneThatStopsIsRedrivenOnceItHasEnded) {
  auto run = folded(some_notes());
  run->apply(map_note::Redriven{9, 77});
  EXPECT_TRUE(run->redrive_asked());
  EXPECT_EQ(run->redrive_count(), 0);
  const auto again = MapRun::from_checkpoint(run->checkpoint());
  ASSERT_TRUE(again != nullptr && again->redrive_asked());
  EXPECT_EQ(again->redrive_asked()->started, 77);
  run->apply(map_note::Closed{10, {}, {}, 0, 0});
  EXPECT_EQ(run->status(), MapRunStatus::running);
  EXPECT_EQ(run->redriven_ms(), 9);
  run->apply(map_note::Stopping{true, "", ""});
  run->apply(map_note::Redriven{11, 88});
  run->apply(map_note::Stopping{true, "", ""});
  run->apply(map_note::Closed{12, {}, {}, 0, 0});
  EXPECT_EQ(run->status(), MapRunStatus::aborted) << "whoever asked for it was stopped";
}

TEST(MapRunTest, AShareIsToldWhenAllIsKnown) {
  map_note::Began note = began();
  note.order.settings = R"({"toleratedFailurePercentage":50})";
  note.items = -1;
  auto run = std::move(*MapRun::begin(note));
  run->apply(map_note::ChildStarted{1});
  run->apply(map_note::ChildEnded{0, static_cast<int64_t>(ChildStatus::failed), "{}"});
  EXPECT_FALSE(run->exceeded());
  run->apply(map_note::AllRead{1});
  EXPECT_TRUE(run->exceeded());
}

}  // namespace
}  // namespace perdure::engine
