#pragma once
// What workers print. An engine reads it itself, from the descriptors that it is given; while none
// is there the last of it is kept for the next.

#include <functional>
#include <string>

#include "executors/functions/reactor.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/engine_side.h"
#include "executors/functions/spawner/worker.h"

namespace perdure::executors::spawn {

// Lives on the reactor's thread.
class Outputs {
 public:
  Outputs(Reactor& reactor, EngineSide& engine, std::function<Worker*(const std::string& id)> find)
      : reactor_(reactor), engine_(engine), find_(std::move(find)) {}

  // No engine reads it.
  void watch(Worker& worker);
  void forget(Worker& worker);
  // What is in the pipes by now, unless an engine reads them, is kept.
  void drain(Worker& worker);
  void send_kept(Worker& worker);
  // The engine gets what is kept and reads the rest itself. False: no descriptors are left for
  // that.
  bool hand_over(Worker& worker);

 private:
  Descriptor copy(const Descriptor& file);
  void on_output(const std::string& id, int index);
  // False: nothing was there.
  bool keep(Worker& worker, int index);

  Reactor& reactor_;
  EngineSide& engine_;
  const std::function<Worker*(const std::string& id)> find_;
};

}  // namespace perdure::executors::spawn
