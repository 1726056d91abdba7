#include "tests/sim/disk_state.h"

#include <algorithm>

namespace perdure::sim {
namespace {

constexpr uint64_t sector_bytes = 512;

}  // namespace

// Each loss of power has a temper of its own, so that "everything is lost" and "one write alone is
// lost" both happen often, however many writes there are.
Fate::Fate(Random& random) : random_(random) {
  constexpr uint64_t kept[] = {0, 1, 4, 7, 8};
  constexpr uint64_t torn[] = {0, 0, 2, 8};
  kept_of_8_ = kept[random_.next() % 5];
  torn_of_8_ = torn[random_.next() % 4];
  sizes_ = random_.next() % 4;
}

bool Fate::one_in(uint64_t parts, uint64_t of) { return random_.next() % of < parts; }

Fate::Write Fate::of_write() {
  if (one_in(torn_of_8_, 8)) return Write::torn;
  return one_in(kept_of_8_, 8) ? Write::kept : Write::lost;
}

bool Fate::keeps_sector() { return one_in(1, 2); }

size_t Fate::reached(size_t changes) {
  if (sizes_ == 0) return 0;
  if (sizes_ == 1) return changes;
  return random_.next() % (changes + 1);
}

void DiskFile::write(uint64_t offset, std::string_view bytes) {
  current_.write(offset, bytes.data(), bytes.size());
  unsynced_.push_back({true, offset, unsynced_bytes_.size(), bytes.size()});
  unsynced_bytes_ += bytes;
}

void DiskFile::resize(uint64_t size) {
  current_.resize(size);
  unsynced_.push_back({false, size});
}

// What has been written is not written again: where it is, both have the page of `current_`.
void DiskFile::sync() {
  for (const Change& change : unsynced_) {
    if (change.is_write) {
      synced_.share(current_, change.offset, change.size);
    } else {
      synced_.resize(change.offset);
    }
  }
  unsynced_.clear();
  unsynced_bytes_.clear();
}

// The system writes whole sectors as they are in its cache at some moment; so each sector is a
// version of itself, old or new, and never a mixture. Sizes are metadata: they change in order, up
// to the point that the file system's journal has reached. Behind a cut that is not in the journal,
// later writes went to blocks that no file names.
Pages DiskFile::after_power_loss(Fate& fate) const {
  Pages cache = synced_, platter = synced_;
  const size_t reached = fate.reached(unsynced_.size());
  uint64_t size = synced_.size(), unnamed_from = UINT64_MAX;
  for (size_t i = 0; i < unsynced_.size(); ++i) {
    const Change& change = unsynced_[i];
    if (!change.is_write) {
      cache.resize(change.offset);
      if (i < reached) {
        platter.resize(size = change.offset);
      } else {
        unnamed_from = std::min(unnamed_from, change.offset);
      }
      continue;
    }
    const uint64_t end = change.offset + change.size;
    cache.write(change.offset, bytes_of(change).data(), change.size);
    if (i < reached) size = std::max(size, end);
    const Fate::Write write = fate.of_write();
    if (write == Fate::Write::lost) continue;
    for (uint64_t at = change.offset / sector_bytes * sector_bytes; at < end; at += sector_bytes) {
      if (write == Fate::Write::torn && !fate.keeps_sector()) continue;
      if (at + sector_bytes > unnamed_from) continue;
      char sector[sector_bytes];
      cache.read(at, sector, sector_bytes);
      platter.write(at, sector, sector_bytes);
    }
  }
  platter.resize(size);
  return platter;
}

DiskState::DiskState(const DiskImage* image, uint64_t seed, DiskLies lies)
    : random_(seed), lies_(lies) {
  if (image == nullptr) return;
  for (const auto& [name, content] : image->files) {
    current_[name] = std::make_shared<DiskFile>(content);
    used_bytes_ += content.size();
  }
  synced_ = current_;
}

std::shared_ptr<DiskFile> DiskState::find(const std::string& name) const {
  const auto found = current_.find(name);
  return found == current_.end() ? nullptr : found->second;
}

void DiskState::apply(const FolderChange& change, Folder& folder) {
  if (change.file != nullptr) {
    folder[change.name] = change.file;
  } else {
    folder.erase(change.name);
  }
}

void DiskState::change_folder(FolderChange change) {
  apply(change, current_);
  unsynced_.push_back(std::move(change));
}

std::shared_ptr<DiskFile> DiskState::create(const std::string& name) {
  auto file = std::make_shared<DiskFile>();
  change_folder({name, file});
  return file;
}

// Counts the operation whose changes are on their way by now; true if the machine lives through it.
bool DiskState::under_way() {
  const uint64_t operation = operations_++;
  if (operation >= fail_from_) return false;
  if (watcher_) watcher_(operation);
  return true;
}

bool DiskState::has_space(const DiskFile& file, uint64_t new_size) const {
  const uint64_t size = file.content().size();
  return capacity_bytes_ == 0 || new_size <= size ||
         used_bytes_ + new_size - size <= capacity_bytes_;
}

bool DiskState::write(DiskFile& file, uint64_t offset, std::string_view bytes) {
  if (dead()) return false;
  const uint64_t before = file.content().size();
  file.write(offset, bytes);
  used_bytes_ += file.content().size() - before;
  return under_way();
}

bool DiskState::resize(DiskFile& file, uint64_t size) {
  if (dead()) return false;
  used_bytes_ = used_bytes_ - file.content().size() + size;
  file.resize(size);
  return under_way();
}

// On ext4 the sync of one file commits the journal, and with it every change of a folder before.
bool DiskState::sync(DiskFile& file) {
  if (dead() || !under_way()) return false;
  if (lies_.sync_does_nothing) return true;
  file.sync();
  sync_folder();
  return true;
}

bool DiskState::remove(const std::string& name, bool sync) {
  if (dead()) return false;
  used_bytes_ -= find(name)->content().size();
  change_folder({name, nullptr});
  if (!under_way()) return false;
  if (sync) sync_folder();
  return true;
}

void DiskState::sync_folder() {
  if (lies_.sync_does_nothing) return;
  for (const FolderChange& change : unsynced_) apply(change, synced_);
  unsynced_.clear();
}

std::shared_ptr<const DiskImage> DiskState::after_power_loss() {
  Fate fate(random_);
  Folder folder = synced_;
  const size_t reached = fate.reached(unsynced_.size());
  for (size_t i = 0; i < reached; ++i) apply(unsynced_[i], folder);
  auto image = std::make_shared<DiskImage>();
  for (const auto& [name, file] : folder) image->files[name] = file->after_power_loss(fate);
  return image;
}

std::shared_ptr<const DiskImage> DiskState::after_process_crash() const {
  auto image = std::make_shared<DiskImage>();
  for (const auto& [name, file] : current_) image->files[name] = file->content();
  return image;
}

}  // namespace perdure::sim
