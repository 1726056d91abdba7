// What durable commits cost: batches of 64 finished workflows of ten Pass states through the
// engine's store, and the same two rows each by SQLite alone, one transaction a batch, on the same
// disk in turns. Prints RESULT lines (bench/frame.py).
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_runner.h"
#include "engine/store/sqlite.h"

namespace {

using namespace perdure;
using namespace perdure::engine;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int batch_workflows = 64;
constexpr size_t journal_bytes = 590;  // of a workflow of ten Pass states
constexpr int rounds = 3;

constexpr int64_t first_ms = 1'763'702'869'123;

std::string name_of(int64_t number) {
  return "8b0c8f5e-3f43-4d2c-9ad3-" + std::to_string(100'000'000'000 + number);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Calls `commit` until the time is over; commits a second.
template <class Commit>
double rate(double seconds, Commit&& commit) {
  const auto began = Clock::now();
  int64_t count = 0;
  double passed = 0;
  do {
    commit();
    ++count;
    passed = Seconds(Clock::now() - began).count();
  } while (passed < seconds);
  return static_cast<double>(count) / passed;
}

// What no durable engine can do without: a row for the workflow under its key, and one for what
// happened in it. No lists, no counts, no retention, no lease.
class BareRows {
 public:
  explicit BareRows(const std::string& folder) {
    PD_ASSERT(sqlite3_open((folder + "/bare.db").c_str(), &database_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE workflows(id INTEGER PRIMARY KEY, key BLOB, name TEXT, status INTEGER,"
        " start_ms INTEGER, stop_ms INTEGER);"
        "CREATE UNIQUE INDEX workflows_by_key ON workflows(key);"
        "CREATE TABLE journal(workflow INTEGER, sequence INTEGER, data BLOB);"
        "CREATE UNIQUE INDEX journal_by_workflow ON journal(workflow, sequence);");
    workflow_ = prepared(
        "INSERT INTO workflows(key,name,status,start_ms,stop_ms)"
        " VALUES(?,?,2,?,?)");
    row_ = prepared("INSERT INTO journal VALUES(last_insert_rowid(),1,?)");
  }
  ~BareRows() {
    sqlite3_finalize(workflow_);
    sqlite3_finalize(row_);
    sqlite3_close(database_);
  }
  BareRows(const BareRows&) = delete;

  void commit() {
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < batch_workflows; ++i) add();
    run("COMMIT");
  }

 private:
  void add() {
    const std::string name = name_of(++count_);
    const ActorKey key = actor_key(execution_arn({}, "hop", name));
    sqlite3_bind_blob(workflow_, 1, key.bytes.data(), static_cast<int>(key.bytes.size()),
                      SQLITE_STATIC);
    sqlite3_bind_text(workflow_, 2, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    sqlite3_bind_int64(workflow_, 3, first_ms + count_);
    sqlite3_bind_int64(workflow_, 4, first_ms + count_);
    step(workflow_);
    sqlite3_bind_blob(row_, 1, data_.data(), static_cast<int>(data_.size()), SQLITE_STATIC);
    step(row_);
  }
  static void step(sqlite3_stmt* statement) {
    PD_ASSERT(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
  }
  sqlite3_stmt* prepared(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    PD_ASSERT(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) == SQLITE_OK);
    return statement;
  }
  void run(const char* sql) {
    PD_ASSERT(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* workflow_ = nullptr;
  sqlite3_stmt* row_ = nullptr;
  int64_t count_ = 0;
  const std::string data_ = std::string(journal_bytes, 'x');
};

class EngineStore {
 public:
  explicit EngineStore(const std::string& folder) {
    auto opened = open_sqlite_store(folder + "/store", {.log_copier = &log_copier_});
    PD_ASSERT(opened.has_value());
    store_ = std::move(*opened);
    epoch_ = store_->acquire_leases().value();
  }

  ~EngineStore() { log_copier_.stop(); }
  EngineStore(const EngineStore&) = delete;

  void commit() {
    Batch batch;
    for (int i = 0; i < batch_workflows; ++i) batch.appends.push_back(workflow());
    const auto outcome = store_->commit(epoch_, batch);
    PD_ASSERT(outcome && outcome->appends.front() == Outcome::committed);
  }

 private:
  Append workflow() {
    const std::string name =
        "8b0c8f5e-3f43-4d2c-9ad3-" + std::to_string(100'000'000'000 + ++count_);
    const Tenant tenant;
    ExecutionRecord record;
    record.arn = execution_arn(tenant, "hop", name);
    record.key = actor_key(record.arn);
    record.machine_arn = state_machine_arn(tenant, "hop");
    record.name = name;
    record.status = "SUCCEEDED";
    record.start_ms = record.stop_ms = first_ms + count_;
    Append append;
    append.actor = record.key;
    append.create = true;
    append.row = JournalRow{1, std::string(journal_bytes, 'x')};
    append.record = std::move(record);
    return append;
  }

  ThreadRunner log_copier_{"log copier"};
  std::unique_ptr<Store> store_;
  int64_t epoch_ = 0;
  int64_t count_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  PD_ASSERT(count == 3);
  const double seconds = std::atof(arguments[2]);
  BareRows bare(arguments[1]);
  EngineStore store(arguments[1]);
  std::vector<double> bare_rates, store_rates, shares;
  for (int i = 0; i < rounds; ++i) {
    bare_rates.push_back(rate(seconds, [&] { bare.commit(); }));
    store_rates.push_back(rate(seconds, [&] { store.commit(); }));
    shares.push_back(store_rates.back() / bare_rates.back() * 100);
  }
  const auto report = [](const char* metric, double value, const char* unit) {
    std::printf("RESULT commit %s %.6g %s\n", metric, value, unit);
    std::fprintf(stderr, "  commit         %-22s %12.6g %s\n", metric, value, unit);
  };
  report("bare_sqlite_per_s", median(bare_rates), "1/s");
  report("store_per_s", median(store_rates), "1/s");
  report("store_of_bare", median(shares), "%");
}
