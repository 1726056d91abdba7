// The same random operations through memory and sqlite: what both say, and everything that can be
// read afterwards, is the same. A failure names its seed; PERDURE_STORE_SEED runs one alone,
// PERDURE_STORE_RUNS sets how many there are.
#include <gtest/gtest.h>

#include <set>

#include "base/clock.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

constexpr int keys = 7;
const std::vector<std::string> machines = {"m", "n"};
const std::vector<std::string> statuses = {"RUNNING", "PENDING_REDRIVE", "SUCCEEDED",
                                           "FAILED",  "TIMED_OUT",       "ABORTED"};
const std::vector<std::string> kinds = {"function", "setting"};

// What has to happen before the test is content with its luck.
const std::set<std::string> everything = {"create",
                                          "create: conflict",
                                          "row",
                                          "row: conflict",
                                          "row: stale",
                                          "row of nobody",
                                          "record",
                                          "due",
                                          "due cleared",
                                          "open",
                                          "closed",
                                          "send",
                                          "consume",
                                          "remove",
                                          "remove nobody",
                                          "document",
                                          "document: conflict",
                                          "document removed",
                                          "document: stale",
                                          "document at 0",
                                          "document at revision",
                                          "expire",
                                          "expire: stale",
                                          "lease",
                                          "reopen"};

class Duel {
 public:
  Duel(uint64_t seed, std::set<std::string>& seen)
      : random_(seed), seen_(seen), memory_(memory_store()), sqlite_(opened(folder_)) {
    lease();
  }

  void run() {
    for (int turn = 0; turn < 16; ++turn) {
      step();
      if (testing::Test::HasFatalFailure()) return;
      const std::string expected = reads(*memory_);
      ASSERT_EQ(reads(*sqlite_), expected) << "turn " << turn;
    }
  }

 private:
  int64_t below(int64_t bound) {
    return static_cast<int64_t>(random_.next() % static_cast<uint64_t>(bound));
  }
  bool chance(int64_t percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[static_cast<size_t>(below(static_cast<int64_t>(values.size())))];
  }
  ActorKey any_key() { return key_of(static_cast<uint8_t>(1 + below(keys))); }

  void step() {
    const int64_t kind = below(20);
    if (kind == 0) return lease();
    if (kind == 1) return reopen();
    if (kind <= 3) return expire();
    commit();
  }

  void lease() {
    const auto expected = memory_->acquire_leases();
    const auto actual = sqlite_->acquire_leases();
    ASSERT_TRUE(expected && actual);
    ASSERT_EQ(*actual, *expected);
    epoch_ = *expected;
    seen_.insert("lease");
  }

  // Ids of messages only have to grow while a process lives: a new one may begin again above those
  // that are left. It is compared only where that makes no difference.
  void reopen() {
    const auto inbox = memory_->inbox();
    if (last_message_ != 0 && (inbox->empty() || inbox->back().id != last_message_)) return;
    sqlite_.reset();
    sqlite_ = opened(folder_);
    seen_.insert("reopen");
  }

  void expire() {
    const int64_t epoch = chance(20) ? epoch_ - 1 : epoch_;
    const int64_t before = below(60);
    const int64_t limit = below(3);
    const auto expected = memory_->expire(epoch, before, limit);
    const auto actual = sqlite_->expire(epoch, before, limit);
    ASSERT_EQ(actual.has_value(), expected.has_value());
    if (!expected) {
      ASSERT_EQ(actual.error(), expected.error());
      seen_.insert("expire: stale");
      return;
    }
    ASSERT_EQ(*actual, *expected);
    if (*expected > 0) seen_.insert("expire");
  }

  void commit() {
    Batch batch;
    for (int64_t left = below(6); left > 0; --left) batch.appends.push_back(append());
    for (int64_t left = below(3); left > 0; --left) batch.documents.push_back(document());
    const int64_t epoch = chance(10) ? epoch_ - 1 : epoch_;
    std::vector<bool> existed;
    for (const Append& one : batch.appends) {
      existed.push_back(memory_->actor_kind(one.actor)->has_value());
    }
    const auto expected = memory_->commit(epoch, batch);
    const auto actual = sqlite_->commit(epoch, batch);
    ASSERT_TRUE(expected);
    ASSERT_TRUE(actual) << actual.error().cause;
    ASSERT_EQ(actual->appends, expected->appends);
    ASSERT_EQ(actual->message_ids, expected->message_ids);
    ASSERT_EQ(actual->documents, expected->documents);
    ASSERT_EQ(actual->revisions, expected->revisions);
    for (size_t i = 0; i < batch.appends.size(); ++i) {
      note(batch.appends[i], expected->appends[i], existed[i]);
      for (const int64_t id : expected->message_ids[i]) last_message_ = id;
    }
    for (size_t i = 0; i < batch.documents.size(); ++i) {
      note(batch.documents[i], expected->documents[i]);
    }
  }

  Append append() {
    Append append;
    append.actor = any_key();
    append.kind = static_cast<ActorKind>(1 + below(4));
    append.create = chance(35);
    if (chance(50)) append.row = JournalRow{1 + below(6), "row " + std::to_string(below(1000))};
    if (chance(30)) append.record = record(append.actor);
    // Nothing is redriven before it exists.
    if (append.create && append.record) append.record->redrive_count = 0;
    if (append.create && append.record) append.record->redrive_ms = 0;
    if (chance(30)) append.due_ms = std::optional<int64_t>(below(50));
    if (chance(15)) append.due_ms = std::optional<int64_t>();
    if (chance(30)) append.open = chance(50);
    append.remove = chance(10);
    if (chance(20)) append.checkpoint = Checkpoint{1 + below(6), std::to_string(below(1000))};
    if (append.row && chance(20)) append.blobs.push_back(std::string(32, char('a' + below(3))));
    for (int64_t left = below(3); left > 0; --left) {
      append.sends.push_back({0, any_key(), "message " + std::to_string(below(1000))});
    }
    for (int64_t left = below(3); left > 0; --left) {
      append.consumed.push_back(1 + below(last_message_ + 2));
    }
    return append;
  }

  ExecutionRecord record(const ActorKey& key) {
    ExecutionRecord record = record_of(key, one_of(machines), text_of(key), below(5));
    record.status = one_of(statuses);
    const bool open = record.status == "RUNNING" || record.status == "PENDING_REDRIVE";
    if (!open) record.stop_ms = record.start_ms + 1 + below(50);
    if (chance(30)) record.version_arn = record.machine_arn + ":" + std::to_string(1 + below(2));
    if (chance(30)) record.alias_arn = record.machine_arn + ":live";
    if (chance(20)) record.arn += ":uuid";
    if (chance(20)) {
      record.redrive_count = 1 + below(3);
      record.redrive_ms = record.start_ms + below(50);
    }
    return record;
  }

  DocumentWrite document() {
    DocumentWrite write;
    write.document = {one_of(kinds),
                      {"000000000000", chance(50) ? "us-east-1" : "eu-west-1"},
                      chance(50) ? "a" : "b",
                      "{" + std::to_string(below(100)) + "}"};
    write.remove = chance(25);
    if (chance(60)) write.expected_revision = below(4);
    return write;
  }

  void note(const Append& append, Outcome outcome, bool existed) {
    if (outcome == Outcome::stale_lease) {
      if (append.row) seen_.insert("row: stale");
      return;
    }
    if (outcome == Outcome::conflict) {
      if (append.create && existed) seen_.insert("create: conflict");
      if (!append.create && existed) seen_.insert("row: conflict");
      if (!append.create && !existed && append.row) seen_.insert("row of nobody");
      return;
    }
    if (append.remove) seen_.insert(existed ? "remove" : "remove nobody");
    if (!append.remove && append.create) seen_.insert("create");
    if (append.row) seen_.insert("row");
    if (append.record) seen_.insert("record");
    if (append.due_ms) seen_.insert(*append.due_ms ? "due" : "due cleared");
    if (append.open) seen_.insert(*append.open ? "open" : "closed");
    if (append.checkpoint) seen_.insert("checkpoint");
    if (!append.blobs.empty()) seen_.insert("blob");
    if (!append.sends.empty()) seen_.insert("send");
    if (!append.consumed.empty()) seen_.insert("consume");
  }

  void note(const DocumentWrite& write, Outcome outcome) {
    if (outcome == Outcome::stale_lease) {
      seen_.insert("document: stale");
    } else if (outcome == Outcome::conflict) {
      seen_.insert("document: conflict");
    } else {
      seen_.insert(write.remove ? "document removed" : "document");
      if (write.expected_revision) {
        seen_.insert(*write.expected_revision == 0 ? "document at 0" : "document at revision");
      }
    }
  }

  // Everything that the store can be asked, as one text.
  static std::string reads(Store& store) {
    std::string text;
    for (uint8_t number = 1; number <= keys; ++number) text += actor(store, key_of(number));
    for (const std::string& machine : machines) text += lists(store, machine);
    text += "\ndue " + text_of(store.due_before(INT64_MAX, {}, 100));
    text += "\nsoon " + text_of(store.due_before(25, {3, key_of(2)}, 2));
    const auto earliest = store.earliest_due();
    text += "\nearliest " + (earliest && *earliest ? std::to_string(**earliest) : "none");
    text += "\nopen " + text_of(store.open_actors(0, 5));
    text += "\ninbox " + text_of(store.inbox()) + "\nblobs";
    for (const char name : {'a', 'b', 'c'}) {
      text += *store.blob_is_named(std::string(32, name)) ? " named" : " free";
    }
    const auto stats = store.stats();
    text += "\nstats " + std::to_string(stats->timers) + " " + std::to_string(stats->open_actors) +
            " " + std::to_string(stats->messages);
    for (const auto& [status, count] : stats->executions) {
      text += " " + status + "=" + std::to_string(count);
    }
    for (const std::string& kind : kinds)
      text += "\n" + kind + " " + text_of(store.documents(kind));
    return text;
  }
  static std::string actor(Store& store, const ActorKey& key) {
    const auto kind = store.actor_kind(key);
    const auto record = store.find_execution(key);
    return "\n" + text_of(key) + " kind " +
           (kind && *kind ? std::to_string(static_cast<int>(**kind)) : "none") + " journal " +
           text_of(store.load_journal(key, 1, 100)) + " last " +
           std::to_string(*store.last_sequence(key)) + " checkpoint " + checkpoint(store, key) +
           " part " + text_of(store.load_journal(key, 2, 2)) + " record " +
           (record && *record ? text_of(**record) : "none");
  }
  static std::string checkpoint(Store& store, const ActorKey& key) {
    const auto found = store.load_checkpoint(key);
    return *found ? std::to_string((*found)->sequence) + "=" + (*found)->data : "none";
  }
  static std::string lists(Store& store, const std::string& machine) {
    const std::string arn = state_machine_arn({}, machine);
    std::string text = "\n" + machine + " open " + std::to_string(*store.count_open({}, arn));
    for (const char* part : {"", ":1", ":2", ":live"}) {
      for (const char* status : {"", "RUNNING", "FAILED"}) {
        ExecutionPosition after;
        for (bool more = true; more;) {
          ExecutionFilter filter{{}, arn + part, status};
          if (part[0] != '\0') filter.redriven = status[0] == '\0';
          const auto page = store.list_executions(filter, after, 2);
          text += std::string("\n") + machine + part + " " + status + " " + text_of(page);
          more = page && page->size() == 2;
          if (more) after = {page->back().start_ms, page->back().key};
        }
      }
    }
    return text;
  }

  SeededRandom random_;
  std::set<std::string>& seen_;
  StoreFolder folder_;
  std::unique_ptr<Store> memory_;
  std::unique_ptr<Store> sqlite_;
  int64_t epoch_ = 0;
  int64_t last_message_ = 0;
};

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(StoreDifferential, MemoryAndSqliteAgree) {
  const uint64_t only = setting("PERDURE_STORE_SEED", 0);
  const uint64_t runs = only != 0 ? 1 : setting("PERDURE_STORE_RUNS", 200);
  std::set<std::string> seen;
  for (uint64_t run = 0; run < runs; ++run) {
    const uint64_t seed = only != 0 ? only : run + 1;
    SCOPED_TRACE("PERDURE_STORE_SEED=" + std::to_string(seed));
    Duel(seed, seen).run();
    if (HasFatalFailure()) return;
  }
  if (only != 0) return;
  for (const std::string& kind : everything) EXPECT_TRUE(seen.contains(kind)) << kind;
}

}  // namespace
}  // namespace perdure::engine
