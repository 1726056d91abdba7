// What durable commits cost: batches of 64 finished workflows of ten Pass states through the
// engine's store, and the same bytes as bare rows of SQLite (one table, its unique index, one
// transaction a batch), on the same disk in turns. Prints RESULT lines (bench/frame.py).
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/store/sqlite.h"

namespace {

using namespace perdure;
using namespace perdure::engine;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int batch_workflows = 64;
constexpr size_t journal_bytes = 590;  // of a workflow of ten Pass states
constexpr int rounds = 3;

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

class BareRows {
 public:
  explicit BareRows(const std::string& folder) {
    PD_ASSERT(sqlite3_open((folder + "/bare.db").c_str(), &database_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE rows(actor INTEGER, sequence INTEGER, data BLOB);"
        "CREATE UNIQUE INDEX rows_by_actor ON rows(actor, sequence);");
    PD_ASSERT(sqlite3_prepare_v2(database_, "INSERT INTO rows VALUES(?,1,?)", -1, &insert_,
                                 nullptr) == SQLITE_OK);
  }
  ~BareRows() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  BareRows(const BareRows&) = delete;

  void commit() {
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < batch_workflows; ++i) {
      sqlite3_bind_int64(insert_, 1, ++actor_);
      sqlite3_bind_blob(insert_, 2, data_.data(), static_cast<int>(data_.size()), SQLITE_STATIC);
      PD_ASSERT(sqlite3_step(insert_) == SQLITE_DONE);
      sqlite3_reset(insert_);
    }
    run("COMMIT");
  }

 private:
  void run(const char* sql) {
    PD_ASSERT(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  int64_t actor_ = 0;
  const std::string data_ = std::string(journal_bytes, 'x');
};

class EngineStore {
 public:
  explicit EngineStore(const std::string& folder) {
    auto opened = open_sqlite_store(folder + "/store");
    PD_ASSERT(opened.has_value());
    store_ = std::move(*opened);
    epoch_ = store_->acquire_leases().value();
  }

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
    record.start_ms = record.stop_ms = 1'763'702'869'123 + count_;
    Append append;
    append.actor = record.key;
    append.create = true;
    append.row = JournalRow{1, std::string(journal_bytes, 'x')};
    append.record = std::move(record);
    return append;
  }

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
