#include "engine/store/log_keeper.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace perdure::engine {
namespace {

constexpr int passes = 4;
// A pass that had no more to copy than this leaves so little behind that commits do not feel it.
constexpr int64_t little_pages = 128;

constexpr int64_t page_bytes = 4'096;
constexpr int64_t share_of_disk = 32;  // the log may take one part in so many of the free space
constexpr int64_t fewest_pages = 64;

}  // namespace

LogBounds LogBounds::within(int64_t free_bytes) const {
  const int64_t most = std::max(fewest_pages, free_bytes / share_of_disk / page_bytes);
  return {std::min(copy_pages, most), std::min(most_pages, 4 * most)};
}

LogKeeper::LogKeeper(Database& writer, std::unique_ptr<Database> copier, Runner* runner,
                     LogBounds bounds)
    : writer_(writer),
      copier_(std::move(copier)),
      runner_(runner),
      bounds_(bounds),
      next_pages_(bounds.copy_pages) {}

// The last commit has been reported, so nobody waits for what is done here but the next one.
void LogKeeper::before_commit() {
  const int64_t pages = writer_.log_pages();
  if (pages < last_pages_) next_pages_ = bounds_.copy_pages;  // it has begun anew
  last_pages_ = pages;
  const Copying copying = copying_;
  if (copying == Copying::done || pages >= std::max(next_pages_, bounds_.most_pages)) {
    copy_here();
    if (copying == Copying::done) copying_ = Copying::none;
  } else if (copying == Copying::none && pages >= next_pages_) {
    if (runner_ == nullptr) return copy_here();
    copying_ = Copying::under_way;
    runner_->post([this] { copy(); });
  }
}

void LogKeeper::copy() {
  int64_t before = 0;
  for (int pass = 0; pass < passes; ++pass) {
    const auto copied = copier_->copy_log();
    if (!copied) {
      log_warning("The write-ahead log could not be copied: {}", copied.error().cause);
      break;
    }
    if (!*copied || **copied - std::exchange(before, **copied) <= little_pages) break;
  }
  copying_ = Copying::done;
  copying_.notify_one();
}

// A log that a reader still needs goes on growing: it is looked at again some pages later.
void LogKeeper::copy_here() {
  next_pages_ = last_pages_ + bounds_.copy_pages / 4;
  const auto copied = writer_.copy_log();
  if (!copied) {
    log_warning("The write-ahead log could not be copied: {}", copied.error().cause);
  } else if (!*copied) {
    copying_.wait(Copying::under_way);  // the runner is in the midst of it
  }
}

}  // namespace perdure::engine
