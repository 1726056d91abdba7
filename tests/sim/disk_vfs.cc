#include "tests/sim/disk_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/result.h"
#include "tests/sim/disk_file_io.h"

namespace perdure::sim {
namespace {

DiskVfs& self(sqlite3_vfs* vfs) { return *static_cast<DiskVfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* to, int flags, int* flags_out) {
  DiskVfs& disk = self(vfs);
  to->pMethods = nullptr;
  std::shared_ptr<DiskFile> file;
  if (name == nullptr) {
    file = std::make_shared<DiskFile>();  // a temporary file: nothing survives of it
  } else {
    if (disk.state().dead()) return SQLITE_CANTOPEN;
    file = disk.state().find(name);
    if (file == nullptr && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (file == nullptr) file = disk.state().create(name);
  }
  const bool delete_at_close = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  new (to) OpenFile(disk, std::move(file), delete_at_close ? name : "");
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  DiskState& state = self(vfs).state();
  if (!state.dead() && state.find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
  return state.remove(name, sync_folder != 0) ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

// Like SQLite's own VFS, which takes an empty file for none.
int access_file(sqlite3_vfs* vfs, const char* name, int, int* result) {
  DiskState& state = self(vfs).state();
  if (state.dead()) return SQLITE_IOERR_ACCESS;
  const auto file = state.find(name);
  *result = file != nullptr && file->content().size() > 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(self(vfs).random().next());
  return size;
}

// Nobody else runs meanwhile: what is locked stays locked, and waiting for it ends at once.
int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time(sqlite3_vfs*, sqlite3_int64* julian_ms) {
  *julian_ms = 212'630'000'000'000;
  return SQLITE_OK;
}

int current_time_days(sqlite3_vfs*, double* julian_days) {
  *julian_days = 2'460'995.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

DiskVfs::DiskVfs(DiskState& state, uint64_t seed)
    : state_(state), random_(seed), vfs_(std::make_unique<sqlite3_vfs>()) {
  char address[32];
  sqlite3_snprintf(sizeof address, address, "disk-%p", static_cast<void*>(this));
  name_ = address;
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(OpenFile);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep;
  vfs_->xCurrentTime = current_time_days;
  vfs_->xGetLastError = last_error;
  vfs_->xCurrentTimeInt64 = current_time;
  // SQLite's own random numbers (the salts of a WAL) follow from the seed too.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed | 1), nullptr);
  PD_ASSERT(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

DiskVfs::~DiskVfs() { sqlite3_vfs_unregister(vfs_.get()); }

std::shared_ptr<Sharing> DiskVfs::sharing_of(const std::shared_ptr<DiskFile>& file) {
  auto shared = sharing_[file.get()].lock();
  if (shared == nullptr) sharing_[file.get()] = shared = std::make_shared<Sharing>();
  return shared;
}

}  // namespace perdure::sim
