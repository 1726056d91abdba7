#pragma once
// The engine's side of the spawner: finds it at the socket of the data folder, starts one where
// none answers, and comes back to it when the connection is lost.

#include <functional>
#include <string>
#include <vector>

#include "executors/functions/reactor.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/board.h"
#include "executors/functions/spawner/parcels.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

// Lives on the reactor's thread; so do its callbacks.
class SpawnerLink {
 public:
  struct Handlers {
    // Connected; these workers live. Called again after each loss.
    std::function<void(const spawn::Welcome&, const std::vector<spawn::WorkerState>& workers)>
        ready;
    std::function<void(spawn::Message)> message;
    std::function<void(const spawn::Files&, std::vector<Descriptor>)> files;
    // The spawner is gone and its workers with it; another attempt is under way.
    std::function<void()> lost;
    // No spawner could be had for so long that it will not come by itself.
    std::function<void(Error)> failed;
  };

  SpawnerLink(Reactor& reactor, std::string socket_folder, std::vector<std::string> command,
              Handlers handlers);
  ~SpawnerLink();

  void start();
  void stop();
  bool connected() const { return ready_; }
  // The connected spawner's.
  spawn::Board& board() { return board_; }
  // Dropped while not connected: `lost` has told the caller.
  void send(const spawn::Message& message);
  // What may wait for the end of the reactor's round, or for the next that may not: one write, and
  // the spawner wakes up once.
  void send_soon(const spawn::Message& message);

 private:
  void try_connect();
  void start_spawner();
  void on_events(uint32_t events);
  bool handle(spawn::Message message);
  void greet(const spawn::Welcome& welcome);
  void hang_up();
  void flush();

  Reactor& reactor_;
  const std::string folder_;
  const std::vector<std::string> command_;
  Handlers handlers_;
  Descriptor socket_;
  spawn::Incoming parcels_;
  spawn::FrameReader incoming_;
  std::string outgoing_;
  uint64_t retry_timer_ = 0;
  int64_t trying_since_ms_ = 0;
  int64_t started_ms_ = 0;  // when we last started one, 0: not in this round
  spawn::Welcome welcome_;
  spawn::Board board_;
  std::vector<int> children_;  // the spawners that we started, to be reaped
  bool ready_ = false;
  bool stopped_ = false;
};

}  // namespace perdure::executors
