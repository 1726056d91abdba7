// Fills a data folder with executions: bench_seed FOLDER MACHINE COUNT [FROM_MS SPREAD_MS]
//
// The machine (default account and region) is in the folder already; no server holds it. Executions
// run through the interpreter as the engine would run them, up to their first wait, and are written
// through the Store in large batches; of a batch whose executions end at once only the first one is
// run, the others have its journal with their own names and times. An input says when the execution
// may go on, `{"until": ...}`: at UTC moments spread evenly over SPREAD_MS from FROM_MS. One
// second's worth of starts lies between a thousand executions, so that their times grow with their
// numbers.

#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>

#include "asl/execution/advance.h"
#include "base/ids.h"
#include "base/time.h"
#include "engine/catalog/state_machine_catalog.h"
#include "engine/journal/codec.h"
#include "engine/journal/varint.h"
#include "engine/store/sqlite.h"

namespace perdure::engine {
namespace {

constexpr int64_t batch_size = 10'000;
constexpr int64_t starts_a_second = 1'000;

// Nothing is written to the catalog.
class NoWriter final : public DocumentWriter {
 public:
  void write(DocumentWrite, std::function<void(Result<int64_t>)> done) override {
    done(internal_error("The catalog is read only."));
  }
};

// No task is dispatched: those that are reached stay scheduled.
class NoWorkers final : public asl::Surroundings {
 public:
  std::string task_token(const asl::Execution&, asl::EventId) override { return "token"; }
  bool reserve(const asl::Execution&, const asl::Entry&, std::string&) override { return false; }
};

struct Plan {
  std::string folder;
  std::string machine;
  int64_t count = 0;
  int64_t from_ms = 0;
  int64_t spread_ms = 0;
};

class Seeder {
 public:
  Seeder(Plan plan, StateMachineRecord record, std::shared_ptr<const asl::StateMachine> machine)
      : plan_(std::move(plan)), record_(std::move(record)), machine_(std::move(machine)) {
    first_start_ms_ = SystemClock().now_ms() - plan_.count * 1000 / starts_a_second;
  }

  Batch batch(int64_t first) {
    Batch made;
    const int64_t end = std::min(first + batch_size, plan_.count);
    for (int64_t i = first; i < end; ++i) {
      const bool same = i > first && made.appends.front().record->stop_ms != 0;
      made.appends.push_back(same ? likeness(made.appends.front(), i) : execution(i));
    }
    return made;
  }

 private:
  int64_t start_ms(int64_t number) const {
    return first_start_ms_ + number * 1000 / starts_a_second;
  }

  // Names are equally long, and so are the varints of today's times.
  Append likeness(const Append& model, int64_t number) {
    const int64_t moved_ms = start_ms(number) - model.record->start_ms;
    const std::string before = journal_head(model.record->start_ms);
    PD_ASSERT(model.row->data.starts_with(before));
    Append append = model;
    ExecutionRecord& record = *append.record;
    record.start_ms += moved_ms;
    record.stop_ms += moved_ms;
    record.name = make_timed_uuid(random_, record.start_ms);
    record.arn = execution_arn(record_.tenant, record_.name, record.name);
    append.actor = record.key = actor_key(record.arn);
    std::string& data = append.row->data;
    data.replace(0, before.size(), journal_head(record.start_ms));
    for (size_t at = data.find(model.record->name); at != data.npos;
         at = data.find(model.record->name, at)) {
      data.replace(at, record.name.size(), record.name);
    }
    return append;
  }

  // How a row begins (docs/journal.md): version, first event id, time.
  static std::string journal_head(int64_t time_ms) {
    std::string head = "\1\1";
    journal::put_signed(head, time_ms);
    return head;
  }

  Append execution(int64_t number) {
    const int64_t now_ms = start_ms(number);
    asl::ExecutionIdentity identity;
    identity.name = make_timed_uuid(random_, now_ms);
    identity.arn = execution_arn(record_.tenant, record_.name, identity.name);
    identity.machine_arn = record_.arn;
    identity.machine_name = record_.name;
    identity.role_arn = record_.role_arn;
    identity.definition_hash = record_.definition_hash;
    identity.type = record_.type;
    const int64_t until = plan_.from_ms + plan_.spread_ms * number / plan_.count;
    asl::input::Start start;
    start.identity = identity;
    start.input =
        asl::Payload(R"({"until":")" + iso8601_ms(until) +
                     R"(","order":"A-1001","customer":{"name":"Ada","city":"London"},"items":)"
                     R"([{"sku":"x1","quantity":2},{"sku":"y7","quantity":1}],"total":42.5})");
    asl::Execution execution(machine_);
    const asl::Burst burst =
        asl::advance(execution, start, asl::Surrounding{now_ms, random_, workers_, limits_});
    return append_of(execution, burst);
  }

  Append append_of(const asl::Execution& execution, const asl::Burst& burst) const {
    ExecutionRecord record;
    record.key = actor_key(execution.identity().arn);
    record.tenant = record_.tenant;
    record.arn = execution.identity().arn;
    record.machine_arn = record_.arn;
    record.name = execution.identity().name;
    record.status = asl::status_name(execution.status());
    record.start_ms = execution.started_ms();
    if (execution.closed()) record.stop_ms = execution.last_timestamp_ms();
    Append append;
    append.actor = record.key;
    append.create = true;
    append.row = JournalRow{1, journal::encode(burst.entries).data};
    append.record = std::move(record);
    if (const auto due = execution.next_due_ms()) append.due_ms = due;
    if (execution.has_open_attempts()) append.open = true;
    return append;
  }

  const Plan plan_;
  const StateMachineRecord record_;
  const std::shared_ptr<const asl::StateMachine> machine_;
  int64_t first_start_ms_ = 0;
  SystemRandom random_;
  NoWorkers workers_;
  asl::Limits limits_;
};

Result<> seed(const Plan& plan) {
  // Nobody is told of a start: the disk needs to have it all at the end only.
  PD_TRY(store,
         open_sqlite_store(plan.folder, {.sync_commits = false, .log_bounds = {32'768, 65'536}}));
  NoWriter writer;
  SystemClock clock;
  StateMachineCatalog catalog(writer, clock, [] { return std::string(); });
  PD_CHECK(catalog.load(*store));
  const auto record = catalog.find(state_machine_arn(Tenant{}, plan.machine));
  if (!record) return internal_error("The folder has no state machine " + plan.machine + ".");
  Seeder seeder(plan, *record, catalog.parsed(record->definition_hash));
  PD_TRY(epoch, store->acquire_leases());
  Batch next = seeder.batch(0);
  for (int64_t first = 0; first < plan.count; first += batch_size) {
    // One batch is made while the one before it is written.
    const Batch current = std::move(next);
    auto later = std::async(std::launch::async, [&] { return seeder.batch(first + batch_size); });
    auto outcome = store->commit(epoch, current);
    next = later.get();
    PD_CHECK(outcome);
    for (const Outcome one : outcome->appends) {
      if (one != Outcome::committed) return internal_error("An execution was refused.");
    }
  }
  return {};
}

}  // namespace
}  // namespace perdure::engine

int main(int argc, char** argv) {
  using namespace perdure;
  if (argc != 4 && argc != 6) {
    std::fprintf(stderr, "usage: bench_seed FOLDER MACHINE COUNT [FROM_MS SPREAD_MS]\n");
    return 2;
  }
  engine::Plan plan{argv[1], argv[2], std::atoll(argv[3])};
  if (argc == 6) {
    plan.from_ms = std::atoll(argv[4]);
    plan.spread_ms = std::atoll(argv[5]);
  }
  if (auto seeded = engine::seed(plan); !seeded) {
    std::fprintf(stderr, "bench_seed: %s\n", seeded.error().cause.c_str());
    return 1;
  }
}
