#pragma once
// Bodies that are too large for memory, in the terms of operations: whatever the protocol.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/runner.h"

namespace perdure::api {

// An answer's body, read piece by piece. For one thread at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual int64_t size() const = 0;  // bytes
  // Fewer bytes than asked for at the end only. Blocks on the disk.
  virtual Result<std::string> read(int64_t offset, int64_t length) = 0;
  virtual Runner& runner() = 0;  // where it may be read
};

}  // namespace perdure::api
