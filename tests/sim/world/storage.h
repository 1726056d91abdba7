#pragma once
// What a simulated machine keeps when its process or its power is gone.

#include <memory>

#include "engine/store/store.h"

namespace perdure::sim {

struct Bug;

class Storage {
 public:
  virtual ~Storage() = default;
  // The store as the next process opens it. An error: the disk died meanwhile. It is the storage's,
  // and ends with `crashed`.
  virtual Result<engine::Store*> open() = 0;
  // Nobody uses the store any more. `power`: writes that were not synced are lost, torn, reordered.
  virtual void crashed(bool power) = 0;

  // I/O operations so far; from the n-th one on they fail, and the disk is dead once one has.
  virtual uint64_t operations() const = 0;
  virtual void fail_from(uint64_t operation) = 0;
  virtual bool dead() const = 0;
};

// The embedded store on a disk in memory, its tables made already.
std::unique_ptr<Storage> disk_storage(uint64_t seed, const Bug& bug);

}  // namespace perdure::sim
