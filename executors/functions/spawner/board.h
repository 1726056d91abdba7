#pragma once
// Which request each worker has, in memory that the engine writes and its spawner reads when it
// needs to know: when the engine is lost, or a worker ends. So a call costs the spawner nothing.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "executors/functions/sockets.h"

namespace perdure::executors::spawn {

// A worker's place on the board, never given twice: the number of a slot in the lower 16 bits, and
// above them how often that one was given. What is written for a worker that is gone is so not read
// as its successor's. 0: none.
using Seat = uint64_t;

class Seats {
 public:
  Seat take();  // 0: all are taken
  void give_back(Seat seat);

 private:
  std::vector<Seat> free_;
  Seat next_ = 0;  // the first slot that nobody had
};

struct Assignment {
  std::string request;
  int64_t deadline_ms = 0;  // of monotonic_ms()
  bool operator==(const Assignment&) const = default;
};

// Shared by two processes, of which one writes, at any moment its last. A default one is nobody's:
// nothing can be written on it and nothing is.
class Board {
 public:
  static constexpr size_t slots = 1 << 14;
  static constexpr size_t max_request_bytes = 104;

  // Children that are forked do not have it.
  static Result<Board> make();
  // That of the other process, whose `memory` this is.
  static Result<Board> open(const Descriptor& memory);
  const Descriptor& memory() const { return memory_; }  // of one that was made

  // False: it cannot be written there (no seat, a long id), and nothing is.
  bool assign(Seat seat, std::string_view request, int64_t deadline_ms);
  void clear(Seat seat);
  // Nothing: none, or one of which its writer had written half when it ended.
  std::optional<Assignment> look(Seat seat) const;
  // It was written there last, and has been cleared.
  bool is_over(Seat seat, std::string_view request) const;

 private:
  struct Slot;
  struct Unmap {
    void operator()(Slot* first) const;
  };
  static Result<Board> map(const Descriptor& memory);
  static std::string request_in(const Slot& slot);
  Slot* slot_of(Seat seat) const;

  Descriptor memory_;
  std::unique_ptr<Slot[], Unmap> slots_;
};

}  // namespace perdure::executors::spawn
