#pragma once
// The spawner's side of its connection with the engine: who calls is heard beside the engine until
// it has shown the key, then it is the engine.

#include <functional>
#include <string>
#include <vector>

#include "executors/functions/reactor.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/parcels.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::spawn {

// Lives on the reactor's thread.
class EngineSide {
 public:
  struct Handlers {
    std::function<void(Message& message)> message;  // a Hello of the right key is the first
    std::function<void()> lost;
  };

  EngineSide(Reactor& reactor, Descriptor listener, std::string key, Handlers handlers)
      : reactor_(reactor),
        listener_(std::move(listener)),
        key_(std::move(key)),
        handlers_(std::move(handlers)) {}

  void listen();
  void stop_listening() { reactor_.forget(listener_.get()); }
  // Somebody is there to be told.
  bool greeted() const { return greeted_; }
  // Dropped without an engine.
  void send(const Message& message, std::vector<Descriptor> files = {});
  void flush();  // now, and not with what else this turn has to say

 private:
  void accept();
  void drop_caller();
  void on_caller();
  void hang_up();
  void lose();
  void on_engine(uint32_t events);

  Reactor& reactor_;
  Descriptor listener_;
  const std::string key_;
  const Handlers handlers_;
  Descriptor caller_;  // has not shown the key yet
  FrameReader greeting_;
  Descriptor engine_;
  bool greeted_ = false;
  FrameReader incoming_;
  Outgoing outgoing_;
};

}  // namespace perdure::executors::spawn
