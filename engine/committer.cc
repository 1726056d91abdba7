#include "engine/committer.h"

#include <map>
#include <utility>

#include "base/log.h"

namespace perdure::engine {
namespace {

constexpr int64_t full_disk_pause_ms = 500;
constexpr char disk_is_full[] = "The disk is full.";

Error conflicting(const Document& document) {
  return Error{ErrorKind::conflict, "ConflictException",
               "The " + document.kind + " '" + document.name + "' was changed meanwhile."};
}

}  // namespace

Committer::Committer(Store& store, Blobs& blobs, const Clock& clock, Runner& runner)
    : store_(store), blobs_(blobs), clock_(clock), runner_(runner) {}

Result<> Committer::take_leases() {
  PD_TRY(epoch, store_.acquire_leases());
  epoch_ = epoch;
  return {};
}

void Committer::submit(Append append, std::vector<journal::LargePayload> large, Runner& home,
                       Done done) {
  const std::lock_guard lock(mutex_);
  next_.appends.push_back({std::move(append), std::move(large), &home, std::move(done)});
  wake_locked();
}

// What a caller waits for is refused while there is no space; what follows from entries waits.
void Committer::write(DocumentWrite write, std::function<void(Result<int64_t>)> done) {
  if (disk_full()) return done(Error{ErrorKind::unavailable, "ServiceUnavailable", disk_is_full});
  const std::lock_guard lock(mutex_);
  next_.documents.push_back({std::move(write), std::move(done)});
  wake_locked();
}

void Committer::change(ObjectChange change, std::function<void(Result<ObjectOutcome>)> done) {
  if (disk_full()) return done(Error{ErrorKind::unavailable, "ServiceUnavailable", disk_is_full});
  const std::lock_guard lock(mutex_);
  next_.objects.push_back({std::move(change), std::move(done)});
  wake_locked();
}

void Committer::write_with(DocumentWrite write, std::function<void(Result<int64_t>)> done,
                           Append append) {
  const std::lock_guard lock(mutex_);
  next_.documents.push_back({std::move(write), std::move(done)});
  next_.appends.push_back({std::move(append), {}, &runner_, [](Outcome, std::vector<int64_t>) {}});
  wake_locked();
}

void Committer::wake_locked() {
  if (oldest_next_ms_ == 0) oldest_next_ms_ = clock_.now_ms();
  if (busy_) return;
  busy_ = true;
  runner_.post([this] { run(); });
}

void Committer::run() {
  {
    const std::lock_guard lock(mutex_);
    if (current_.empty()) {
      current_ = std::exchange(next_, {});
      oldest_ms_ = std::exchange(oldest_next_ms_, 0);
    }
  }
  if (!current_.empty()) {
    auto outcome = commit();
    if (!outcome && outcome.error().kind == ErrorKind::unavailable) {
      return wait_for_space(outcome.error());
    }
    if (!outcome) {
      log_error("A commit failed, the process ends: {}", outcome.error().cause);
      invariant_failed("the store commits", __FILE__, __LINE__);
    }
    report(std::move(*outcome));
  }
  const std::lock_guard lock(mutex_);
  if (disk_full_) log_info("The disk takes what is written again.");
  disk_full_ = false;
  oldest_ms_ = 0;
  if (!next_.empty()) return runner_.post([this] { run(); });
  busy_ = false;
  if (!quiet_.empty()) runner_.post([this] { finish_quiet(); });
}

// A second attempt finds the batch built and the gathered items without their contents.
Result<BatchOutcome> Committer::commit() {
  PD_CHECK(store_blobs());
  if (batch_.appends.empty() && batch_.documents.empty() && batch_.objects.empty()) {
    for (PendingAppend& one : current_.appends) batch_.appends.push_back(std::move(one.append));
    for (PendingDocument& one : current_.documents) {
      batch_.documents.push_back(std::move(one.write));
    }
    for (PendingObject& one : current_.objects) batch_.objects.push_back(std::move(one.change));
  }
  return store_.commit(epoch_, batch_);
}

Result<> Committer::store_blobs() {
  for (PendingAppend& one : current_.appends) {
    for (const journal::LargePayload& payload : one.large) {
      PD_CHECK(blobs_.put(*payload.content));
    }
    one.large.clear();
  }
  return {};
}

// One post for each runner, however many bursts of its shards are in the commit.
void Committer::report(BatchOutcome outcome) {
  struct Report {
    Done done;
    Outcome outcome;
    std::vector<int64_t> messages;
  };
  std::vector<std::pair<Runner*, std::shared_ptr<std::vector<Report>>>> homes;
  for (size_t i = 0; i < current_.appends.size(); ++i) {
    PD_ASSERT(outcome.appends[i] != Outcome::stale_lease);  // another process has taken over
    PendingAppend& one = current_.appends[i];
    auto home = std::find_if(homes.begin(), homes.end(),
                             [&](const auto& known) { return known.first == one.home; });
    if (home == homes.end()) {
      homes.emplace_back(one.home, std::make_shared<std::vector<Report>>());
      home = std::prev(homes.end());
    }
    home->second->push_back(
        {std::move(one.done), outcome.appends[i], std::move(outcome.message_ids[i])});
  }
  for (auto& [home, reports] : homes) {
    home->post([reports = std::move(reports)] {
      for (Report& report : *reports) report.done(report.outcome, std::move(report.messages));
    });
  }
  for (size_t i = 0; i < current_.documents.size(); ++i) {
    PD_ASSERT(outcome.documents[i] != Outcome::stale_lease);
    const bool committed = outcome.documents[i] == Outcome::committed;
    current_.documents[i].done(committed
                                   ? Result<int64_t>(outcome.revisions[i])
                                   : Result<int64_t>(conflicting(batch_.documents[i].document)));
  }
  for (size_t i = 0; i < current_.objects.size(); ++i) {
    PD_ASSERT(outcome.objects[i] != ObjectOutcome::stale_lease);
    current_.objects[i].done(outcome.objects[i]);
  }
  current_ = {};
  batch_ = {};
}

void Committer::wait_for_space(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!disk_full_) {
      log_error("Nothing is acknowledged until the disk takes it again: {}", error.cause);
    }
    disk_full_ = true;
  }
  // Who changes an object holds a thread while it waits; nothing of the commit has happened.
  for (const PendingObject& one : std::exchange(current_.objects, {})) one.done(error);
  batch_.objects.clear();
  runner_.run_at(clock_.now_ms() + full_disk_pause_ms, [this] { run(); });
}

void Committer::between_commits(std::function<void(Store& store, int64_t epoch)> work) {
  runner_.post([this, work = std::move(work)] { work(store_, epoch_); });
}

bool Committer::disk_full() const {
  const std::lock_guard lock(mutex_);
  return disk_full_;
}

bool Committer::idle() const {
  const std::lock_guard lock(mutex_);
  return !busy_;
}

int64_t Committer::delay_ms() const {
  const std::lock_guard lock(mutex_);
  const int64_t oldest = oldest_ms_ != 0 ? oldest_ms_ : oldest_next_ms_;
  return oldest == 0 ? 0 : std::max<int64_t>(0, clock_.now_ms() - oldest);
}

void Committer::when_quiet(std::function<void()> done) {
  const std::lock_guard lock(mutex_);
  quiet_.push_back(std::move(done));
  if (!busy_) runner_.post([this] { finish_quiet(); });
}

void Committer::finish_quiet() {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (!busy_) waiting.swap(quiet_);
  }
  for (const auto& done : waiting) done();
}

}  // namespace perdure::engine
