#pragma once
// A part of what a simulated world does with the engine. A new one is a file in features/ and a
// line in SIM_FEATURES.

#include <memory>

#include "tests/sim/world/chance.h"

namespace perdure::sim {

class World;

class Feature {
 public:
  virtual ~Feature() = default;
  virtual void booted() {}  // after each start of the engine, before it runs
  virtual void act(
      Chance& chance) = 0;     // one call, or a few that belong together; the engine is up
  virtual void calm_down() {}  // from now on there are no faults: finish what was begun
  virtual bool settled() const { return true; }
  virtual void check_end() {}
};

#define SIM_FEATURES(X) \
  X(executions)         \
  X(express)            \
  X(callbacks)          \
  X(redrives)           \
  X(definitions)        \
  X(schedules)          \
  X(invocations)        \
  X(map_runs)

#define SIM_DECLARE(name) std::unique_ptr<Feature> make_##name(World& world);
SIM_FEATURES(SIM_DECLARE)
#undef SIM_DECLARE

}  // namespace perdure::sim
