#pragma once
#include <atomic>
#include <cstdint>
#include <string>

namespace perdure::api {

// Request ids in the form of UUIDs, from any thread without a lock: a counter, scrambled.
class RequestIds {
 public:
  explicit RequestIds(uint64_t seed) : seed_(seed) {}
  std::string next();

 private:
  const uint64_t seed_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace perdure::api
