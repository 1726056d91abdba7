#pragma once
// Runs many seeds in worker processes, so that a broken invariant that ends a process names its
// seed too.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/world/world.h"

namespace perdure::sim {

struct Job {
  uint64_t seed = 0;
  Bug bug;
};

struct Verdict {
  bool broken = false;
  std::string invariant;  // "the engine does not abort" if the process ended
  std::string detail;
  uint64_t hash = 0;
  Coverage coverage;
};

// One world, in this process.
Verdict run_world(const Options& options, Library& library);

// Jobs as they are asked for, on `processes` workers; verdicts in any order. The workers stay for
// the next run: each has made its library by then.
class Driver {
 public:
  using Next = std::function<std::optional<Job>()>;
  using Done = std::function<void(const Job& job, const Verdict& verdict)>;
  explicit Driver(int processes);
  ~Driver();
  void run(const Next& next, const Done& done);

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace perdure::sim
