#include "tests/sim/disk_file_io.h"

#include <cstring>

namespace perdure::sim {
namespace {

OpenFile& self(sqlite3_file* file) { return *static_cast<OpenFile*>(file); }

const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose =
        [](sqlite3_file* file) {
          self(file).~OpenFile();
          return SQLITE_OK;
        },
    .xRead =
        [](sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
          return self(file).read(static_cast<char*>(to), uint64_t(offset), size_t(bytes));
        },
    .xWrite =
        [](sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
          return self(file).write(uint64_t(offset),
                                  {static_cast<const char*>(from), size_t(bytes)});
        },
    .xTruncate = [](sqlite3_file* file,
                    sqlite3_int64 size) { return self(file).resize(uint64_t(size)); },
    .xSync = [](sqlite3_file* file, int) { return self(file).sync(); },
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          *size = sqlite3_int64(self(file).size());
          return SQLITE_OK;
        },
    .xLock = [](sqlite3_file* file, int level) { return self(file).lock(level); },
    .xUnlock = [](sqlite3_file* file, int level) { return self(file).unlock(level); },
    .xCheckReservedLock =
        [](sqlite3_file* file, int* result) {
          *result = self(file).reserved();
          return SQLITE_OK;
        },
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    // What SQLite's own VFS says of a usual disk.
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap =
        [](sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
          return self(file).map_region(region, bytes, extend != 0, memory);
        },
    .xShmLock = [](sqlite3_file* file, int first, int count,
                   int flags) { return self(file).lock_memory(first, count, flags); },
    .xShmBarrier = [](sqlite3_file*) {},
    .xShmUnmap =
        [](sqlite3_file* file, int) {
          self(file).unmap();
          return SQLITE_OK;
        },
};

}  // namespace

OpenFile::OpenFile(DiskVfs& disk, std::shared_ptr<DiskFile> file, std::string delete_at_close)
    : disk_(disk),
      file_(std::move(file)),
      sharing_(disk.sharing_of(file_)),
      delete_at_close_(std::move(delete_at_close)) {
  pMethods = &methods;
}

OpenFile::~OpenFile() {
  unmap();
  unlock(SQLITE_LOCK_NONE);
  if (!delete_at_close_.empty()) disk_.state().remove(delete_at_close_, false);
}

int OpenFile::read(char* to, uint64_t offset, size_t bytes) {
  if (disk_.state().dead()) return SQLITE_IOERR_READ;
  file_->content().read(offset, to, bytes);  // zeros behind the end, as SQLite asks
  return offset + bytes <= size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int OpenFile::write(uint64_t offset, std::string_view bytes) {
  DiskState& state = disk_.state();
  if (!state.has_space(*file_, offset + bytes.size())) return SQLITE_FULL;
  return state.write(*file_, offset, bytes) ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int OpenFile::resize(uint64_t size) {
  return disk_.state().resize(*file_, size) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int OpenFile::sync() { return disk_.state().sync(*file_) ? SQLITE_OK : SQLITE_IOERR_FSYNC; }

// SHARED, RESERVED, PENDING and EXCLUSIVE as sqlite.org/lockingv3.html has them.
int OpenFile::lock(int level) {
  if (level_ >= level) return SQLITE_OK;
  Sharing& all = *sharing_;
  const auto others = [this](const OpenFile* owner) { return owner != nullptr && owner != this; };
  if (level_ == SQLITE_LOCK_NONE) {
    if (others(all.pending) || others(all.exclusive)) return SQLITE_BUSY;
    ++all.readers;
    level_ = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED && level_ < SQLITE_LOCK_RESERVED) {
    if (others(all.reserved)) return SQLITE_BUSY;
    all.reserved = this;
    level_ = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    if (others(all.pending)) return SQLITE_BUSY;
    all.pending = this;
    level_ = SQLITE_LOCK_PENDING;
    if (all.readers > 1) return SQLITE_BUSY;
    all.exclusive = this;
    level_ = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}

int OpenFile::unlock(int level) {
  if (level_ <= level) return SQLITE_OK;
  for (const OpenFile** owner : {&sharing_->reserved, &sharing_->pending, &sharing_->exclusive}) {
    if (*owner == this) *owner = nullptr;
  }
  if (level == SQLITE_LOCK_NONE) --sharing_->readers;
  level_ = level;
  return SQLITE_OK;
}

int OpenFile::map_region(int region, int bytes, bool extend, volatile void** memory) {
  Sharing& all = *sharing_;
  if (!maps_) {
    maps_ = true;
    ++all.memory_users;
  }
  *memory = nullptr;
  if (size_t(region) >= all.regions.size()) {
    if (!extend) return SQLITE_OK;
    all.regions.resize(size_t(region) + 1);
  }
  if (all.regions[region] == nullptr) all.regions[region] = std::make_unique<char[]>(bytes);
  *memory = all.regions[region].get();
  return SQLITE_OK;
}

bool OpenFile::locked_by_others(int slot, bool exclusive) const {
  const OpenFile* owner = sharing_->exclusive_locks[slot];
  if (owner != nullptr && owner != this) return true;
  return exclusive && sharing_->shared_locks[slot] > (holds_shared_[slot] ? 1 : 0);
}

void OpenFile::release_slot(int slot) {
  if (sharing_->exclusive_locks[slot] == this) sharing_->exclusive_locks[slot] = nullptr;
  if (holds_shared_[slot]) --sharing_->shared_locks[slot];
  holds_shared_[slot] = false;
}

int OpenFile::lock_memory(int first, int count, int flags) {
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (int slot = first; slot < first + count; ++slot) {
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      release_slot(slot);
    } else if (locked_by_others(slot, exclusive)) {
      return SQLITE_BUSY;
    }
  }
  if ((flags & SQLITE_SHM_UNLOCK) != 0) return SQLITE_OK;
  for (int slot = first; slot < first + count; ++slot) {
    if (exclusive) {
      sharing_->exclusive_locks[slot] = this;
    } else if (!holds_shared_[slot]) {
      holds_shared_[slot] = true;
      ++sharing_->shared_locks[slot];
    }
  }
  return SQLITE_OK;
}

// The last one to leave takes the memory along: nobody has the file open any more.
void OpenFile::unmap() {
  if (!maps_) return;
  for (int slot = 0; slot < SQLITE_SHM_NLOCK; ++slot) release_slot(slot);
  maps_ = false;
  if (--sharing_->memory_users == 0) sharing_->regions.clear();
}

}  // namespace perdure::sim
