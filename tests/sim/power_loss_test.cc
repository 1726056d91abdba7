// The power goes during any I/O operation of a workload: the next start finds everything that was
// acknowledged, and of what was not either all or nothing. PERDURE_POWER_SEEDS sets how many seeds
// each workload runs with.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>

#include "engine/store/memory.h"
#include "engine/store/sqlite.h"
#include "tests/engine/store/support.h"
#include "tests/sim/disk.h"
#include "tests/sim/scripts.h"

namespace perdure::sim {
namespace {

using engine::Store;
using Image = std::shared_ptr<const DiskImage>;

std::unique_ptr<Store> open_on(const Disk& disk, const Script& script, bool sync_commits = true) {
  auto store =
      engine::open_sqlite_store("", {.vfs = disk.vfs_name(),
                                     .sync_commits = sync_commits,
                                     .log_bounds = {.copy_pages = script.checkpoint_pages}});
  return store ? std::move(*store) : nullptr;
}

bool apply(Store& store, int64_t epoch, const Step& step) {
  if (const auto* batch = std::get_if<engine::Batch>(&step)) {
    return store.commit(epoch, *batch).has_value();
  }
  const Expire& expire = std::get<Expire>(step);
  return store.expire(epoch, expire.stopped_before_ms, expire.limit).has_value();
}

// What the store holds after 0, 1, 2, ... steps.
std::vector<std::string> expected_contents(const Script& script) {
  const auto store = engine::memory_store();
  const int64_t epoch = *store->acquire_leases();
  std::vector<std::string> contents = {content_of(*store)};
  for (const Step& step : script.steps) {
    if (!std::holds_alternative<Reopen>(step)) apply(*store, epoch, step);
    contents.push_back(content_of(*store));
  }
  return contents;
}

struct Machine {
  DiskLies lies;
  bool sync_commits = true;
};

// What a loss of power during one operation left, and what the process had acknowledged by then.
struct Loss {
  uint64_t operation;
  size_t acknowledged_steps;
  int64_t acknowledged_epoch;
  Image image;
};

Image disk_with_tables() {
  Disk disk(1);
  (void)open_on(disk, {});
  return disk.after_process_crash();
}

// Runs the script once; `draws` losses for each operation.
std::vector<Loss> losses_of(const Script& script, Machine machine, uint64_t seed, int draws) {
  std::vector<Loss> losses;
  Disk disk(script.on_new_disk ? nullptr : disk_with_tables(), seed, machine.lies);
  size_t steps = 0;
  int64_t epoch = 0;
  disk.on_operation([&](uint64_t operation) {
    for (int i = 0; i < draws; ++i) {
      losses.push_back({operation, steps, epoch, disk.after_power_loss()});
    }
  });
  auto store = open_on(disk, script, machine.sync_commits);
  epoch = *store->acquire_leases();
  for (const Step& step : script.steps) {
    if (std::holds_alternative<Reopen>(step)) {
      store.reset();
      store = open_on(disk, script, machine.sync_commits);
    } else {
      EXPECT_TRUE(apply(*store, epoch, step));
    }
    ++steps;
  }
  disk.on_operation({});
  return losses;
}

// "ok", or what is broken.
std::string integrity(const Disk& disk) {
  sqlite3* handle = nullptr;
  std::string said = "cannot be opened";
  sqlite3_open_v2("/perdure.db", &handle, SQLITE_OPEN_READWRITE, disk.vfs_name().c_str());
  const auto take = [](void* to, int, char** columns, char**) {
    *static_cast<std::string*>(to) = columns[0];
    return 0;
  };
  sqlite3_exec(handle, "PRAGMA integrity_check(1)", take, &said, nullptr);
  sqlite3_close(handle);
  return said;
}

// The power may go again while the next start repairs what the first loss left.
Image after_second_loss(Image image, const Script& script, uint64_t seed) {
  Disk disk(std::move(image), seed);
  disk.fail_from(seed % 23);
  auto store = open_on(disk, script);
  if (store != nullptr) (void)store->acquire_leases();
  return disk.after_power_loss();
}

// Nothing if all is well.
std::string fault_of(const Loss& loss, const Script& script,
                     const std::vector<std::string>& contents, uint64_t seed) {
  Image image = loss.image;
  if (seed % 3 == 0) image = after_second_loss(image, script, seed / 3);
  Disk disk(std::move(image), seed);
  auto store = open_on(disk, script);
  if (store == nullptr) return "the store does not open";
  if (const std::string said = integrity(disk); said != "ok") return "integrity: " + said;
  const std::string content = content_of(*store);
  const size_t done = loss.acknowledged_steps;
  const size_t begun = std::min(done + 1, contents.size() - 1);
  if (content != contents[done] && content != contents[begun]) {
    return "the content is neither that of " + std::to_string(done) +
           " steps nor that of one more" + ":" + content + "\n---- instead of" + contents[done];
  }
  const auto epoch = store->acquire_leases();
  if (!epoch || *epoch <= loss.acknowledged_epoch) return "the epoch does not grow";
  engine::Batch batch;
  batch.documents.push_back({{"setting", {}, "later", "{}", 0}, false, 0});
  const auto outcome = store->commit(*epoch, batch);
  return outcome && outcome->documents[0] == engine::Outcome::committed ? "" : "no more commits";
}

struct Tally {
  size_t losses = 0;
  size_t violations = 0;
  std::string first;
};

Tally tally(const Script& script, Machine machine, uint64_t seed, int draws) {
  const auto contents = expected_contents(script);
  Tally tally;
  for (const Loss& loss : losses_of(script, machine, seed, draws)) {
    const std::string fault = fault_of(loss, script, contents, seed * 1'000'003 + tally.losses++);
    if (fault.empty()) continue;
    if (tally.violations++ == 0) {
      tally.first = script.name + ", seed " + std::to_string(seed) + ", operation " +
                    std::to_string(loss.operation) + ": " + fault;
    }
  }
  return tally;
}

uint64_t seeds() {
  const char* text = std::getenv("PERDURE_POWER_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

TEST(PowerLoss, NothingAcknowledgedIsLostAndNothingIsHalf) {
  size_t losses = 0;
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    for (const Script& script : scripts(seed)) {
      const Tally found = tally(script, {}, seed, 6);
      EXPECT_EQ(found.violations, 0u) << found.first;
      losses += found.losses;
    }
  }
  printf("%zu losses of power\n", losses);
  EXPECT_GT(losses, 6'000u);
}

TEST(PowerLoss, ASyncThatDoesNothingIsCaught) {
  for (const Script& script : scripts(1)) {
    const Tally found = tally(script, {.lies = {.sync_does_nothing = true}}, 1, 1);
    EXPECT_GT(found.violations, found.losses / 20) << script.name << " of " << found.losses;
  }
}

TEST(PowerLoss, UnsyncedCommitsAreCaught) {
  for (const Script& script : scripts(1)) {
    const Tally found = tally(script, {.sync_commits = false}, 1, 1);
    EXPECT_GT(found.violations, 0u) << script.name << " of " << found.losses;
  }
}

}  // namespace
}  // namespace perdure::sim
