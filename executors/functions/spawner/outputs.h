#pragma once
// What workers print: passed on to the engine, or the last of it kept while there is none.

#include <functional>
#include <string>
#include <utility>
#include <vector>

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

  void watch(Worker& worker);
  void forget(Worker& worker);
  // What is in the pipes by now, so that it counts for the request that has ended.
  void drain(Worker& worker);
  void send_kept(Worker& worker);
  // Workers that the engine was too slow for go on.
  void resume();

 private:
  void watch(Worker& worker, int index);
  void on_output(const std::string& id, int index);
  IoState pass_on(Worker& worker, int index, size_t limit);
  void drain(Worker& worker, int index);

  Reactor& reactor_;
  EngineSide& engine_;
  const std::function<Worker*(const std::string& id)> find_;
  std::vector<std::pair<std::string, int>> paused_;
};

}  // namespace perdure::executors::spawn
