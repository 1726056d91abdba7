// Every promise of engine/store/store.h, kept by every store.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

class StoreContract : public testing::TestWithParam<bool> {
 protected:
  StoreContract() {
    if (durable()) folder_ = std::make_unique<StoreFolder>();
    store_ = durable() ? opened(*folder_) : memory_store();
    epoch_ = *store_->acquire_leases();
  }
  bool durable() const { return GetParam(); }
  // A new process over the same folder; for memory there is none.
  void reopen() {
    store_.reset();
    store_ = opened(*folder_);
    epoch_ = *store_->acquire_leases();
  }

  Append creates(uint8_t number, ActorKind kind = ActorKind::execution) {
    Append append = touches(number);
    append.kind = kind;
    append.create = true;
    return append;
  }
  Append touches(uint8_t number) {
    Append append;
    append.actor = key_of(number);
    return append;
  }
  Append rows(uint8_t number, int64_t sequence, std::string data) {
    Append append = touches(number);
    append.row = JournalRow{sequence, std::move(data)};
    return append;
  }
  Append recorded(const ExecutionRecord& record) {
    Append append;
    append.actor = record.key;
    append.create = true;
    append.record = record;
    return append;
  }
  BatchOutcome commit(Batch batch) {
    auto outcome = store_->commit(epoch_, batch);
    if (!outcome) throw std::runtime_error(outcome.error().cause);
    EXPECT_EQ(outcome->appends.size(), batch.appends.size());
    EXPECT_EQ(outcome->message_ids.size(), batch.appends.size());
    EXPECT_EQ(outcome->documents.size(), batch.documents.size());
    EXPECT_EQ(outcome->revisions.size(), batch.documents.size());
    return *outcome;
  }
  Outcome commit(Append append) { return commit(Batch{{std::move(append)}, {}}).appends.at(0); }
  std::string journal(uint8_t number, int64_t from = 1, int64_t limit = 100) {
    return text_of(store_->load_journal(key_of(number), from, limit));
  }

  std::unique_ptr<StoreFolder> folder_;
  std::unique_ptr<Store> store_;
  int64_t epoch_ = 0;
};

TEST_P(StoreContract, AnActorIsCreatedOnce) {
  EXPECT_EQ(*store_->actor_kind(key_of(1)), std::nullopt);
  EXPECT_EQ(commit(creates(1, ActorKind::schedule)), Outcome::committed);
  EXPECT_EQ(commit(creates(1, ActorKind::execution)), Outcome::conflict);
  EXPECT_EQ(*store_->actor_kind(key_of(1)), ActorKind::schedule);
}

TEST_P(StoreContract, ARowIsWrittenOnce) {
  commit(creates(1));
  EXPECT_EQ(commit(rows(1, 1, "first")), Outcome::committed);
  EXPECT_EQ(commit(rows(1, 1, "again")), Outcome::conflict);
  EXPECT_EQ(commit(rows(1, 2, std::string("\0\xff", 2))), Outcome::committed);
  EXPECT_EQ(commit(rows(1, 3, "")), Outcome::committed);
  EXPECT_EQ(journal(1), "1=first 2=" + std::string("\0\xff", 2) + " 3=");
}

// Short ones and long ones may be kept in different places.
TEST_P(StoreContract, TheFirstRowMayComeWithItsActor) {
  uint8_t number = 0;
  for (const size_t size : {0, 1, 1'999, 2'000, 2'001, 9'000}) {
    const std::string data(size, 'd');
    Append both = rows(++number, 1, data);
    both.create = true;
    EXPECT_EQ(commit(both), Outcome::committed);
    EXPECT_EQ(commit(both), Outcome::conflict);
    EXPECT_EQ(commit(rows(number, 1, "other")), Outcome::conflict);
    EXPECT_EQ(*store_->last_sequence(key_of(number)), 1);
    EXPECT_EQ(journal(number), "1=" + data);
    EXPECT_EQ(commit(rows(number, 2, "more")), Outcome::committed);
    EXPECT_EQ(commit(rows(number, 2, "more")), Outcome::conflict);
    EXPECT_EQ(*store_->last_sequence(key_of(number)), 2);
    EXPECT_EQ(journal(number), "1=" + data + " 2=more");
    EXPECT_EQ(journal(number, 1, 1), "1=" + data);
    EXPECT_EQ(journal(number, 2), "2=more");
    Append removes = touches(number);
    removes.remove = true;
    EXPECT_EQ(commit(removes), Outcome::committed);
    EXPECT_EQ(journal(number), "");
    EXPECT_EQ(*store_->last_sequence(key_of(number)), 0);
  }
}

// In one append, with and without a change of what lists are ordered by.
TEST_P(StoreContract, ARecordATimerAndAMarkChangeTogether) {
  ExecutionRecord record = record_of(key_of(1), "m", "e", 100);
  Append made = recorded(record);
  made.due_ms = 500;
  commit(made);
  Append changes = touches(1);
  record.status = "FAILED";
  record.stop_ms = 300;
  changes.record = record;
  changes.due_ms = std::optional<int64_t>();
  changes.open = true;
  commit(changes);
  EXPECT_EQ(text_of(**store_->find_execution(key_of(1))), text_of(record));
  EXPECT_EQ(*store_->earliest_due(), std::nullopt);
  EXPECT_EQ(text_of(store_->open_actors(0, 10)), text_of(OpenActor{key_of(1), made.kind, 0}));
  record.status = "RUNNING";
  record.stop_ms = 0;
  record.start_ms = 200;
  record.name = "f";
  record.arn = execution_arn({}, "m", "f");
  changes.record = record;
  changes.due_ms = 700;
  changes.open = false;
  commit(changes);
  EXPECT_EQ(text_of(store_->list_executions({{}, record.machine_arn, "RUNNING"}, {}, 10)),
            text_of(record));
  EXPECT_EQ(*store_->earliest_due(), 700);
  EXPECT_EQ(text_of(store_->open_actors(0, 10)), "");
}

TEST_P(StoreContract, AJournalIsReadInPieces) {
  commit(creates(1));
  for (const int64_t sequence : {3, 1, 2, 4}) commit(rows(1, sequence, "r"));
  EXPECT_EQ(journal(1, 1, 2), "1=r 2=r");
  EXPECT_EQ(journal(1, 3, 2), "3=r 4=r");
  EXPECT_EQ(journal(1, 5, 2), "");
  EXPECT_EQ(journal(9), "");
}

TEST_P(StoreContract, NothingButMessagesComesFromAnActorThatDoesNotExist) {
  EXPECT_EQ(commit(rows(1, 1, "row")), Outcome::conflict);
  Append due = touches(1);
  due.due_ms = std::optional<int64_t>(5);
  EXPECT_EQ(commit(due), Outcome::conflict);
  Append open = touches(1);
  open.open = true;
  EXPECT_EQ(commit(open), Outcome::conflict);
  Append record = touches(1);
  record.record = record_of(key_of(1), "m", "e", 1);
  EXPECT_EQ(commit(record), Outcome::conflict);
  Append sends = touches(1);
  sends.sends.push_back({0, key_of(2), "hello"});
  EXPECT_EQ(commit(sends), Outcome::committed);
  EXPECT_EQ(*store_->actor_kind(key_of(1)), std::nullopt);
  EXPECT_EQ(store_->inbox()->size(), 1u);
}

TEST_P(StoreContract, EachAppendOfABatchStandsAlone) {
  Append clash = creates(1);
  clash.row = JournalRow{1, "second"};
  clash.due_ms = std::optional<int64_t>(7);
  clash.open = true;
  clash.sends.push_back({0, key_of(2), "lost"});
  Append first = creates(1);
  first.row = JournalRow{1, "first"};
  const auto outcome = commit(Batch{{first, clash, creates(2)}, {}});
  EXPECT_EQ(outcome.appends,
            (std::vector{Outcome::committed, Outcome::conflict, Outcome::committed}));
  EXPECT_TRUE(outcome.message_ids[1].empty());
  // What conflicted has left no trace.
  EXPECT_EQ(journal(1), "1=first");
  EXPECT_EQ(*store_->earliest_due(), std::nullopt);
  EXPECT_TRUE(store_->open_actors(0, 100)->empty());
  EXPECT_TRUE(store_->inbox()->empty());
  EXPECT_TRUE(*store_->actor_kind(key_of(2)));
}

TEST_P(StoreContract, AConflictingRowKeepsItsMessagesUnconsumed) {
  Append sender = creates(1);
  sender.row = JournalRow{1, "x"};
  sender.sends.push_back({0, key_of(1), "stays"});
  const int64_t id = commit(Batch{{sender}, {}}).message_ids[0].at(0);
  Append clash = rows(1, 1, "y");
  clash.consumed.push_back(id);
  EXPECT_EQ(commit(clash), Outcome::conflict);
  EXPECT_EQ(store_->inbox()->size(), 1u);
}

TEST_P(StoreContract, OnlyTheNewestLeaseWrites) {
  commit(creates(1));
  const int64_t old = epoch_;
  epoch_ = *store_->acquire_leases();
  EXPECT_GT(epoch_, old);
  Batch batch{{creates(2), rows(1, 1, "row")}, {}};
  batch.documents.push_back({{"setting", {}, "s", "{}"}});
  const auto outcome = store_->commit(old, batch);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->appends, (std::vector{Outcome::stale_lease, Outcome::stale_lease}));
  EXPECT_EQ(outcome->documents, std::vector{Outcome::stale_lease});
  EXPECT_EQ(*store_->actor_kind(key_of(2)), std::nullopt);
  EXPECT_EQ(journal(1), "");
  EXPECT_TRUE(store_->documents("setting")->empty());
  const auto expired = store_->expire(old, INT64_MAX, 10);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().kind, ErrorKind::conflict);
  EXPECT_EQ(commit(rows(1, 1, "row")), Outcome::committed);
}

TEST_P(StoreContract, TimersComeInTheirOrder) {
  for (const auto& [number, due] : {std::pair(1, 30), {2, 10}, {3, 20}, {4, 10}}) {
    Append append = creates(static_cast<uint8_t>(number), ActorKind::invocation);
    append.due_ms = std::optional<int64_t>(due);
    commit(append);
  }
  commit(creates(5));
  EXPECT_EQ(*store_->earliest_due(), 10);
  EXPECT_EQ(text_of(store_->due_before(30, {}, 100)), "74/2|4|10 148/4|4|10 111/3|4|20");
  EXPECT_EQ(text_of(store_->due_before(30, {}, 1)), "74/2|4|10");
  EXPECT_EQ(text_of(store_->due_before(10, {}, 100)), "");
}

TEST_P(StoreContract, ATimerIsMovedClearedOrLeftAlone) {
  Append append = creates(1);
  append.due_ms = std::optional<int64_t>(10);
  commit(append);
  commit(rows(1, 1, "leaves it"));
  EXPECT_EQ(*store_->earliest_due(), 10);
  Append moved = touches(1);
  moved.due_ms = std::optional<int64_t>(-5);
  commit(moved);
  EXPECT_EQ(*store_->earliest_due(), -5);
  Append cleared = touches(1);
  cleared.due_ms = std::optional<int64_t>();
  commit(cleared);
  EXPECT_EQ(*store_->earliest_due(), std::nullopt);
  EXPECT_TRUE(store_->due_before(INT64_MAX, {}, 100)->empty());
}

TEST_P(StoreContract, OpenActorsAreThoseThatSaidSo) {
  for (const uint8_t number : {3, 1, 2}) {
    Append append = creates(number, ActorKind::express);
    append.open = number != 2;
    commit(append);
  }
  EXPECT_EQ(text_of(store_->open_actors(0, 100)), "111/3|2 37/1|2");
  const auto first = store_->open_actors(0, 1);
  EXPECT_EQ(text_of(first), "111/3|2");
  EXPECT_EQ(text_of(store_->open_actors(first->front().position, 1)), "37/1|2");
  Append closed = touches(1);
  closed.open = false;
  commit(closed);
  commit(rows(3, 1, "leaves it"));
  EXPECT_EQ(text_of(store_->open_actors(0, 100)), "111/3|2");
}

TEST_P(StoreContract, TimersAreReadInPages) {
  for (const auto& [number, due] : {std::pair(1, 30), {2, 10}, {3, 20}, {4, 10}}) {
    Append append = creates(static_cast<uint8_t>(number));
    append.due_ms = std::optional<int64_t>(due);
    commit(append);
  }
  DuePosition after;
  std::string pages;
  for (;;) {
    const auto page = store_->due_before(30, after, 2);
    if (page->empty()) break;
    pages += "[" + text_of(page) + "]";
    after = {page->back().due_ms, page->back().actor};
  }
  EXPECT_EQ(pages, "[74/2|1|10 148/4|1|10][111/3|1|20]");
}

TEST_P(StoreContract, TheLastCheckpointStaysUntilItsActorGoes) {
  EXPECT_EQ(*store_->last_sequence(key_of(1)), 0);
  commit(creates(1));
  commit(rows(1, 1, "a"));
  commit(rows(1, 2, "b"));
  EXPECT_EQ(*store_->last_sequence(key_of(1)), 2);
  EXPECT_FALSE(*store_->load_checkpoint(key_of(1)));
  for (const auto& [sequence, data] : {std::pair(1, "first"), {2, "second"}}) {
    Append append = touches(1);
    append.checkpoint = Checkpoint{sequence, data};
    EXPECT_EQ(commit(append), Outcome::committed);
  }
  EXPECT_EQ((*store_->load_checkpoint(key_of(1)))->sequence, 2);
  EXPECT_EQ((*store_->load_checkpoint(key_of(1)))->data, "second");
  Append nobody = touches(2);
  nobody.checkpoint = Checkpoint{1, "x"};
  EXPECT_EQ(commit(nobody), Outcome::conflict);
  Append removal = touches(1);
  removal.remove = true;
  commit(removal);
  commit(creates(1));
  EXPECT_FALSE(*store_->load_checkpoint(key_of(1)));
}

TEST_P(StoreContract, BlobsAreNamedAsLongAsARowNamesThem) {
  const std::string blob(32, '\1'), other(32, '\2');
  for (const uint8_t number : {1, 2}) {
    ExecutionRecord record = record_of(key_of(number), "m", "e" + std::to_string(number), 1);
    record.status = "SUCCEEDED";
    record.stop_ms = 10 * number;
    Append append = recorded(record);
    append.row = JournalRow{1, "row"};
    append.blobs = {blob};
    commit(append);
  }
  EXPECT_TRUE(*store_->blob_is_named(blob));
  EXPECT_FALSE(*store_->blob_is_named(other));
  EXPECT_EQ(*store_->expire(epoch_, 11, 10), 1);
  EXPECT_TRUE(*store_->blob_is_named(blob));
  EXPECT_EQ(*store_->expire(epoch_, 21, 10), 1);
  EXPECT_FALSE(*store_->blob_is_named(blob));
}

TEST_P(StoreContract, WhatIsThereIsCounted) {
  const std::vector<std::string> statuses = {"RUNNING", "SUCCEEDED", "SUCCEEDED",
                                             "FAILED",  "TIMED_OUT", "PENDING_REDRIVE"};
  for (uint8_t number = 1; number <= statuses.size(); ++number) {
    ExecutionRecord record = record_of(key_of(number), "m", "e" + std::to_string(number), number);
    record.status = statuses[number - 1u];
    if (record.status != "RUNNING" && record.status != "PENDING_REDRIVE") record.stop_ms = 9;
    Append append = recorded(record);
    append.open = number == 1;
    if (number == 1) append.due_ms = std::optional<int64_t>(5);
    if (number == 2) append.sends = {{0, key_of(1), "m"}};
    commit(append);
  }
  const auto stats = *store_->stats();
  EXPECT_EQ(stats.timers, 1);
  EXPECT_EQ(stats.open_actors, 1);
  EXPECT_EQ(stats.messages, 1);
  EXPECT_EQ(stats.executions, (std::map<std::string, int64_t>{{"RUNNING", 1},
                                                              {"SUCCEEDED", 2},
                                                              {"FAILED", 1},
                                                              {"TIMED_OUT", 1},
                                                              {"PENDING_REDRIVE", 1}}));
  EXPECT_EQ(stats.file_bytes > 0, durable());
}

TEST_P(StoreContract, MessagesWaitUntilTheyAreConsumed) {
  Append sender = creates(1);
  sender.sends = {{0, key_of(2), "a"}, {0, key_of(3), std::string("\0b", 2)}};
  Append second = creates(2);
  second.sends = {{0, key_of(1), "c"}};
  const auto ids = commit(Batch{{sender, second}, {}}).message_ids;
  ASSERT_EQ(ids[0].size(), 2u);
  ASSERT_EQ(ids[1].size(), 1u);
  EXPECT_LT(ids[0][0], ids[0][1]);
  EXPECT_LT(ids[0][1], ids[1][0]);
  const auto inbox = *store_->inbox();
  ASSERT_EQ(inbox.size(), 3u);
  EXPECT_EQ(inbox[1].id, ids[0][1]);
  EXPECT_EQ(inbox[1].to, key_of(3));
  EXPECT_EQ(inbox[1].message, std::string("\0b", 2));
  Append receiver = rows(2, 1, "dealt with");
  receiver.consumed = {ids[0][0], ids[1][0], 999'999};
  EXPECT_EQ(commit(receiver), Outcome::committed);
  EXPECT_EQ(store_->inbox()->size(), 1u);
  // The highest id was consumed; it is not given again.
  Append third = touches(1);
  third.sends = {{0, key_of(1), "d"}};
  EXPECT_GT(commit(Batch{{third}, {}}).message_ids[0].at(0), ids[1][0]);
}

TEST_P(StoreContract, IdsOfMessagesGrowAfterARefusedTransactionToo) {
  Append sender = touches(1);
  sender.sends = {{0, key_of(1), "a"}};
  const int64_t first = commit(Batch{{sender}, {}}).message_ids[0].at(0);
  Append receiver = touches(1);
  receiver.consumed = {first};
  commit(receiver);
  ASSERT_FALSE(store_->expire(epoch_ - 1, 0, 1));
  EXPECT_GT(commit(Batch{{sender}, {}}).message_ids[0].at(0), first);
}

TEST_P(StoreContract, ARecordIsReplacedAsAWhole) {
  ExecutionRecord record = record_of(key_of(1), "m", "e", 100);
  record.version_arn = record.machine_arn + ":1";
  record.alias_arn = record.machine_arn + ":live";
  commit(recorded(record));
  EXPECT_EQ(text_of(**store_->find_execution(key_of(1))), text_of(record));
  EXPECT_EQ(*store_->count_open({}, record.machine_arn), 1);
  record.status = "FAILED";
  record.stop_ms = 200;
  record.version_arn = record.alias_arn = "";
  record.arn = "arn:aws:states:us-east-1:000000000000:express:m:e:uuid";
  Append update = touches(1);
  update.record = record;
  EXPECT_EQ(commit(update), Outcome::committed);
  EXPECT_EQ(text_of(**store_->find_execution(key_of(1))), text_of(record));
  EXPECT_EQ(*store_->count_open({}, record.machine_arn), 0);
  EXPECT_EQ(*store_->find_execution(key_of(2)), std::nullopt);
}

TEST_P(StoreContract, ListsAreNewestFirstTiesByKey) {
  for (const auto& [number, start] : {std::pair(1, 10), {2, 30}, {3, 20}, {4, 30}, {5, 20}}) {
    commit(recorded(
        record_of(key_of(static_cast<uint8_t>(number)), "m", "e" + std::to_string(number), start)));
  }
  commit(recorded(record_of(key_of(6), "other", "e", 40)));
  const ExecutionFilter filter{{}, state_machine_arn({}, "m"), ""};
  std::string names;
  ExecutionPosition after;
  for (;;) {
    const auto page = *store_->list_executions(filter, after, 2);
    for (const auto& record : page) names += record.name + " ";
    if (page.size() < 2) break;
    after = {page.back().start_ms, page.back().key};
  }
  EXPECT_EQ(names, "e2 e4 e3 e5 e1 ");
}

TEST_P(StoreContract, ListsAreFiltered) {
  const std::string machine = state_machine_arn({}, "m");
  for (uint8_t number = 1; number <= 4; ++number) {
    ExecutionRecord record = record_of(key_of(number), "m", "e" + std::to_string(number), number);
    if (number % 2 == 0) record.version_arn = machine + ":12";
    if (number > 2) record.alias_arn = machine + ":live";
    if (number == 3) record.status = "TIMED_OUT";
    if (number == 3) record.stop_ms = 99;
    commit(recorded(record));
    if (number != 4) continue;
    record.redrive_count = 2;
    record.redrive_ms = 77;
    Append redriven = recorded(record);
    redriven.create = false;
    commit(redriven);
  }
  const auto names = [&](const ExecutionFilter& filter) {
    std::string text;
    for (const auto& record : *store_->list_executions(filter, {}, 100)) text += record.name;
    return text;
  };
  EXPECT_EQ(names({{}, machine, ""}), "e4e3e2e1");
  EXPECT_EQ(names({{}, machine, "RUNNING"}), "e4e2e1");
  EXPECT_EQ(names({{}, machine, "TIMED_OUT"}), "e3");
  EXPECT_EQ(names({{}, machine, "ABORTED"}), "");
  EXPECT_EQ(names({{}, machine + ":12", ""}), "e4e2");
  EXPECT_EQ(names({{}, machine + ":live", "RUNNING"}), "e4");
  EXPECT_EQ(names({{}, machine + ":1", ""}), "");
  EXPECT_EQ(names({{}, machine, "", true}), "e4");
  EXPECT_EQ(names({{}, machine, "RUNNING", false}), "e2e1");
  EXPECT_EQ(names({{"111111111111", "us-east-1"}, machine, ""}), "");
  EXPECT_EQ(*store_->count_open({}, machine), 3);
  EXPECT_EQ(*store_->count_open({"111111111111", "us-east-1"}, machine), 0);
}

TEST_P(StoreContract, ChildrenOfAMapRunAreListedByIt) {
  const auto run_of = [](const std::string& name) {
    return "arn:aws:states:us-east-1:000000000000:mapRun:m/L:" + name;
  };
  for (uint8_t number = 1; number <= 3; ++number) {
    ExecutionRecord record = record_of(key_of(number), "m/L", "e" + std::to_string(number), number);
    record.map_run_arn = run_of(number < 3 ? "a" : "b");
    if (number == 2) record.status = "FAILED";
    commit(recorded(record));
    EXPECT_EQ(text_of(**store_->find_execution(record.key)), text_of(record));
    EXPECT_EQ((*store_->find_execution(record.key))->map_run_arn, record.map_run_arn);
  }
  // The run itself, which has no machine.
  ExecutionRecord run = record_of(key_of(4), "", "a", 4);
  run.machine_arn = "arn:aws:states:us-east-1:000000000000:mapRun:m/L";
  run.arn = run_of("a");
  commit(recorded(run));
  EXPECT_EQ((*store_->find_execution(run.key))->machine_arn, run.machine_arn);
  EXPECT_EQ((*store_->find_execution(run.key))->map_run_arn, "");
  const auto names = [&](const std::string& of, const std::string& status) {
    ExecutionFilter filter;
    filter.map_run_arn = run_of(of);
    filter.status = status;
    std::string text;
    for (const auto& record : *store_->list_executions(filter, {}, 100)) text += record.name;
    return text;
  };
  EXPECT_EQ(names("a", ""), "e2e1");
  EXPECT_EQ(names("a", "FAILED"), "e2");
  EXPECT_EQ(names("b", ""), "e3");
  EXPECT_EQ(names("c", ""), "");
  const ExecutionFilter machine{{}, state_machine_arn({}, "m/L"), ""};
  EXPECT_TRUE(store_->list_executions(machine, {}, 100)->empty());
}

TEST_P(StoreContract, ARemovedActorIsForgotten) {
  Append append = recorded(record_of(key_of(1), "m", "e", 1));
  append.row = JournalRow{1, "old"};
  append.due_ms = std::optional<int64_t>(5);
  append.open = true;
  commit(append);
  Append removal = touches(1);
  removal.remove = true;
  removal.sends.push_back({0, key_of(2), "bye"});
  EXPECT_EQ(commit(removal), Outcome::committed);
  EXPECT_EQ(*store_->actor_kind(key_of(1)), std::nullopt);
  EXPECT_EQ(*store_->find_execution(key_of(1)), std::nullopt);
  EXPECT_EQ(*store_->earliest_due(), std::nullopt);
  EXPECT_TRUE(store_->open_actors(0, 100)->empty());
  EXPECT_EQ(journal(1), "");
  EXPECT_EQ(store_->inbox()->size(), 1u);
  Append again = creates(1);
  again.row = JournalRow{1, "new"};
  EXPECT_EQ(commit(again), Outcome::committed);
  EXPECT_EQ(journal(1), "1=new");
}

TEST_P(StoreContract, DocumentsAreWrittenOverTheRevisionThatWasRead) {
  const auto write = [&](std::string json, std::optional<int64_t> expected, bool remove = false) {
    const DocumentWrite one{{"function", {}, "f", std::move(json)}, remove, expected};
    const auto outcome = commit(Batch{{}, {one}});
    return outcome.documents[0] == Outcome::committed ? outcome.revisions[0] : -1;
  };
  EXPECT_EQ(write("{1}", 1), -1);
  EXPECT_EQ(write("{1}", 0), 1);
  EXPECT_EQ(write("{2}", 0), -1);
  EXPECT_EQ(write("{2}", 1), 2);
  EXPECT_EQ(write("{3}", std::nullopt), 3);
  EXPECT_EQ(text_of(store_->documents("function")), "function|000000000000|us-east-1|f|{3}|3");
  EXPECT_EQ(write("", 2, true), -1);
  EXPECT_EQ(write("", 3, true), 4);
  EXPECT_TRUE(store_->documents("function")->empty());
  // A name's revisions only grow, and a removed name does not exist.
  EXPECT_EQ(write("{5}", 4), -1);
  EXPECT_EQ(write("{5}", 0), 5);
}

TEST_P(StoreContract, DocumentsAreListedByKindTenantAndName) {
  Batch batch;
  for (const char* name : {"b", "a", "B"}) batch.documents.push_back({{"k", {}, name, "{}"}});
  batch.documents.push_back({{"k", {"000000000000", "eu-west-1"}, "z", "{}"}});
  batch.documents.push_back({{"other", {}, "c", "{}"}});
  commit(batch);
  std::string names;
  for (const auto& document : *store_->documents("k")) names += document.name;
  EXPECT_EQ(names, "zBab");
}

TEST_P(StoreContract, ClosedExecutionsExpireOldestFirst) {
  for (const auto& [number, stop] : {std::pair(1, 30), {2, 10}, {3, 20}, {4, 0}}) {
    auto record =
        record_of(key_of(static_cast<uint8_t>(number)), "m", "e" + std::to_string(number), 1);
    record.stop_ms = stop;
    if (stop != 0) record.status = "SUCCEEDED";
    Append append = recorded(record);
    append.row = JournalRow{1, "row"};
    commit(append);
  }
  EXPECT_EQ(*store_->expire(epoch_, 30, 1), 1);
  EXPECT_EQ(*store_->actor_kind(key_of(2)), std::nullopt);
  EXPECT_EQ(journal(2), "");
  EXPECT_TRUE(*store_->actor_kind(key_of(3)));
  EXPECT_EQ(*store_->expire(epoch_, 30, 10), 1);
  EXPECT_EQ(*store_->expire(epoch_, 30, 10), 0);
  EXPECT_TRUE(*store_->actor_kind(key_of(1)));
  EXPECT_TRUE(*store_->actor_kind(key_of(4)));
}

TEST_P(StoreContract, ReadersSeeWholeBatchesWhileTheyAreWritten) {
  std::atomic<bool> done = false;
  std::atomic<int64_t> written = 0;
  std::thread reader([&] {
    while (!done) {
      const int64_t promised = written;
      const auto inbox = store_->inbox();
      ASSERT_TRUE(inbox);
      EXPECT_EQ(inbox->size() % 3, 0u);
      EXPECT_GE(static_cast<int64_t>(inbox->size()), 3 * promised);
    }
  });
  for (int i = 0; i < 50; ++i) {
    Append append = touches(1);
    for (int j = 0; j < 3; ++j) append.sends.push_back({0, key_of(2), "m"});
    EXPECT_EQ(commit(append), Outcome::committed);
    ++written;
  }
  done = true;
  reader.join();
}

TEST_P(StoreContract, AReopenedFolderHasEverything) {
  if (!durable()) GTEST_SKIP() << "memory forgets everything when it ends";
  ExecutionRecord record = record_of(key_of(1), "m", "e", 100);
  Append append = recorded(record);
  append.row = JournalRow{1, "row"};
  append.due_ms = std::optional<int64_t>(5);
  append.open = true;
  append.sends = {{0, key_of(2), "kept"}};
  Batch batch{{append}, {{{"setting", {}, "s", "{}"}}}};
  commit(batch);
  const int64_t old = epoch_;
  reopen();
  EXPECT_GT(epoch_, old);
  EXPECT_EQ(journal(1), "1=row");
  EXPECT_EQ(text_of(**store_->find_execution(key_of(1))), text_of(record));
  EXPECT_EQ(*store_->earliest_due(), 5);
  EXPECT_EQ(text_of(store_->open_actors(0, 100)), "37/1|1");
  EXPECT_EQ(text_of(store_->inbox()), "1->74/2:kept");
  EXPECT_EQ(text_of(store_->documents("setting")), "setting|000000000000|us-east-1|s|{}|1");
  EXPECT_EQ(commit(creates(1)), Outcome::conflict);
  EXPECT_EQ(commit(rows(1, 2, "next")), Outcome::committed);
}

TEST_P(StoreContract, AMessageFromBeforeKeepsItsIdToItself) {
  if (!durable()) GTEST_SKIP() << "memory forgets everything when it ends";
  Append sender = touches(1);
  sender.sends = {{0, key_of(1), "a"}};
  const int64_t old = commit(Batch{{sender}, {}}).message_ids[0].at(0);
  reopen();
  sender.consumed = {old};
  EXPECT_GT(commit(Batch{{sender}, {}}).message_ids[0].at(0), old);
}

TEST_P(StoreContract, AFolderHasOneServer) {
  if (!durable()) GTEST_SKIP() << "memory has no folder";
  const auto second = open_sqlite_store(folder_->path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(second.error().name, "DataFolderInUse");
  EXPECT_EQ(commit(creates(1)), Outcome::committed);
  reopen();  // the lock goes with its holder
  EXPECT_TRUE(*store_->actor_kind(key_of(1)));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Bool(),
                         [](const auto& about) { return about.param ? "sqlite" : "memory"; });

}  // namespace
}  // namespace perdure::engine
