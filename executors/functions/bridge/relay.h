#pragma once
// Carries the runtime API from a TCP port of the worker's own to the engine's Unix socket. Runtimes
// that know nothing of us speak plain TCP, and give up when a connection breaks; behind the relay
// they do not notice that the engine goes and comes again: a request stays unanswered meanwhile and
// is sent again to the next engine, as our own bootstraps do it.

#include <poll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "executors/functions/bridge/peer.h"
#include "executors/functions/endpoint/http_request.h"

namespace perdure::executors::bridge {

// Tells where the engine's answers end. They have a Content-Length, or no body.
class AnswerReader {
 public:
  struct Answer {
    int status = 0;  // 1xx: the real one follows
    size_t bytes = 0;
  };
  // The bytes that belong to the front answer, if `text` holds all of it.
  static bool read(std::string_view text, Answer& answer);
};

// One connection of the runtime's (or of an extension's) and its counterpart at the engine. No I/O:
// bytes in, bytes out.
class Exchange {
 public:
  Exchange() : reader_(0) {}

  // What is no HTTP goes to the engine too, which says so.
  void from_worker(std::string_view bytes);
  void from_engine(std::string_view bytes);
  // The engine is gone. False: so is the worker's connection. What was under way cannot be told
  // again, or the worker had asked for the end.
  bool lost_engine();

  std::string to_engine, to_worker;

 private:
  void answered(const AnswerReader::Answer& answer);

  HttpRequestReader reader_;
  bool readable_ = true;
  bool kept_whole_ = true;      // `unanswered_` has all that was not answered
  std::string unanswered_;      // requests without their answers, the last perhaps not whole
  std::deque<size_t> lengths_;  // of those of them that are whole
  uint64_t counted_ = 0;        // bytes of all requests that were whole
  std::string answer_;          // the part of one that has come
  bool again_ = false;          // the front request is told for the second time
  bool last_ = false;           // the worker wants no more than the answers to what it sent
};

struct RelayOptions {
  std::string socket;            // the engine's
  std::string greeting;          // what each connection begins with: who we are
  int64_t patience_ms = 30'000;  // that the engine may be away
  Neighbours neighbours = Neighbours::of_our_user;
};

// A program of a layer that runs beside the runtime.
struct Program {
  std::string name;
  int pid = 0;
};

// Says something to the engine and waits until that answers. Blocks.
bool tell_engine(const RelayOptions& options, const std::string& request);

// What a relay looks after, besides the connections.
struct Charge {
  int listener = -1;
  int log = -1;                   // frames of the runtime's log, see log_frames.h; -1: none
  int printed = -1;               // what the programs print; -1: there are none
  int output = -1;                // where the lines of both go
  std::vector<Program> programs;  // children of this process; the engine hears of their ends
};

// Serves the listener until the engine has been away for too long.
void run_relay(const RelayOptions& options, Charge charge);

}  // namespace perdure::executors::bridge
