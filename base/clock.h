#pragma once
// Time and chance are given: `main` passes the real ones, tests and the simulator their own.

#include <cstdint>

namespace perdure {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ms() const = 0;  // UTC, milliseconds since 1970-01-01
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;  // 64 uniformly distributed bits; callers serialise their calls
};

class SystemClock final : public Clock {
 public:
  int64_t now_ms() const override;
};

// Seeded from the operating system.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  uint64_t next() override;

 private:
  uint64_t state_[4];
};

// Same seed, same numbers, on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override;  // splitmix64

 private:
  uint64_t state_;
};

}  // namespace perdure
