#include "engine/upkeep.h"

#include <algorithm>

#include "base/log.h"

namespace perdure::engine {
namespace {

// A commit may have to wait for a slice: it is as large as this allows on the machine at hand.
// While there is more, slices follow each other: at once when nothing is being committed, otherwise
// so that commits have most of the time.
constexpr int64_t slice_ms = 2;
// A smaller one would mostly wait for the disk, which each slice has to do once.
constexpr int64_t smallest_slice = 32, largest_slice = 100;
constexpr int64_t idle_pause_ms = 1, busy_pause_ms = 8;
// A blob is named soon after it was put, unless the disk is full: then nothing is removed.
constexpr int64_t blob_grace_ms = 3'600'000;
constexpr int64_t longest_delay_ms = 60'000;

}  // namespace

void Upkeep::later() {
  const int64_t pause_ms = parts_.limits.upkeep_ms;
  if (pause_ms == 0) return;
  parts_.committer.run_at(parts_.clock.now_ms() + pause_ms, [this] {
    committer_.between_commits([this](Store& store, int64_t epoch) {
      sweep_blobs(store);
      expire(store, epoch);
    });
  });
}

void Upkeep::expire(Store& store, int64_t epoch) {
  const int64_t now = parts_.clock.now_ms();
  const auto expired = store.expire(epoch, now - parts_.limits.retention_ms, slice_);
  if (!expired) log_warning("Old executions stay: {}", expired.error().cause);
  if (!expired || *expired < slice_) return later();
  const int64_t ended = parts_.clock.now_ms();
  slice_ = std::clamp(ended - now > slice_ms ? slice_ / 2 : slice_ + slice_ / 8, smallest_slice,
                      largest_slice);
  const int64_t pause = committer_.idle() ? idle_pause_ms : busy_pause_ms;
  parts_.committer.run_at(ended + pause, [this] {
    committer_.between_commits([this](Store& s, int64_t e) { expire(s, e); });
  });
}

// A 256th of the blobs each time.
void Upkeep::sweep_blobs(Store& store) {
  if (committer_.disk_full() || committer_.delay_ms() > longest_delay_ms) return;
  const auto removed = parts_.blobs.remove_unnamed(
      next_folder_++, parts_.clock.now_ms() - blob_grace_ms,
      [&store](const BlobHash& hash) { return store.blob_is_named(hash); });
  if (!removed) log_warning("Unused blobs stay: {}", removed.error().cause);
}

}  // namespace perdure::engine
