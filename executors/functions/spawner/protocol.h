#pragma once
// What the engine and its spawner say to each other (docs/spawner.md). No I/O here: messages become
// frames, bytes become messages.
//
// A frame is its length (4 bytes, without these), a type (1 byte) and the message's members in
// order. Numbers are little-endian; texts and lists carry their length or count in 4 bytes. A
// reader skips types that it does not know and members after the ones it knows, so that later
// versions may add both; anything else needs a new version number.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace perdure::executors::spawn {

inline constexpr uint32_t protocol_version = 4;
inline constexpr size_t max_frame_bytes = 8 << 20;

// One resource limit of a worker: RLIMIT_* and the value for both, soft and hard.
struct Limit {
  uint32_t resource = 0;
  uint64_t value = 0;
  bool operator==(const Limit&) const = default;
};

// A folder of this machine, and where a worker with a root of its own sees it.
struct SeenFolder {
  std::string from, to;
  bool operator==(const SeenFolder&) const = default;
};

// How a worker is kept apart; the spawner knows by which means (sandbox/layout.h).
struct SandboxOrder {
  uint8_t level = 0;    // sandbox::Level
  uint8_t network = 1;  // 0: none
  uint64_t memory_mib = 128;
  uint64_t tmp_mib = 512;
  std::vector<SeenFolder> folders;    // read-only
  std::vector<std::string> writable;  // folders, at level C
  bool operator==(const SandboxOrder&) const = default;
};

// What a worker came from.
enum class Tier : uint8_t { plain = 0, zygote = 1, cell = 2, snapshot = 3 };

struct WorkerState {
  std::string worker;
  std::string tag;  // as given with Spawn
  uint32_t pid = 0;
  std::string request;        // what it works on; empty: nothing
  uint64_t remaining_ms = 0;  // until the deadline of that, 0: none
  bool operator==(const WorkerState&) const = default;
};

// ---- engine to spawner
// The first message. Its type and first member never change.
struct Hello {
  static constexpr uint8_t type = 1;
  uint32_t version = protocol_version;
  std::string key;  // what is in spawner.key: whoever cannot read that is no engine
  bool operator==(const Hello&) const = default;
};
// Starts a process. The worker has `timeout_ms` (0: for ever) until its first Assign or Finish.
struct Spawn {
  static constexpr uint8_t type = 2;
  std::string worker;  // chosen by the engine, unique for ever
  std::string tag;     // the engine's own notes, given back by Workers
  std::vector<std::string> argv, env;
  std::string folder;  // working directory
  std::vector<Limit> limits;
  uint64_t timeout_ms = 0;
  SandboxOrder sandbox;
  // Key of a Keep whose processes may become this worker, or a snapshot to be forked; empty: none.
  std::string from;
  // What it leaves behind when its program ends may go on for so long, after Ended; 0: it is ended
  // with it. Then a deadline ends the program only.
  uint32_t linger_ms = 0;
  bool operator==(const Spawn&) const = default;
};
// The worker has a request for longer than a moment; at the deadline it is killed, engine or not.
struct Assign {
  static constexpr uint8_t type = 3;
  std::string worker, request;
  uint64_t timeout_ms = 0;
  bool operator==(const Assign&) const = default;
};
// The request that an Assign was about has its answer, or a worker that was started has begun to
// wait for its first: no deadline any more.
struct Finish {
  static constexpr uint8_t type = 4;
  std::string worker, request;
  bool operator==(const Finish&) const = default;
};
// At once, with all it has started.
struct Kill {
  static constexpr uint8_t type = 5;
  std::string worker;
  bool operator==(const Kill&) const = default;
};
// End every worker and yourself. Understood by every version.
struct Shutdown {
  static constexpr uint8_t type = 6;
  bool operator==(const Shutdown&) const = default;
};

// Keeps processes ready, from which workers come sooner than from a start of their own: one zygote
// that forks them, or `count` cells that each wait to become one. Sent again it changes the count.
struct Keep {
  static constexpr uint8_t type = 7;
  static constexpr uint8_t zygote = 1, cells = 2;
  std::string key;
  uint8_t kind = zygote;
  uint32_t count = 1;  // 0: end what is there
  std::vector<std::string> argv, env;
  // Of cells; the workers of a zygote have their own.
  std::string folder;
  std::vector<Limit> limits;
  SandboxOrder sandbox;  // without the folders that are the function's own
  std::string from;      // of cells: the zygote's key that forks them; empty: each is a start
  bool operator==(const Keep&) const = default;
};

// Ends the program of a worker; what lingers is told by Ended.
struct EndProgram {
  static constexpr uint8_t type = 8;
  std::string worker;
  bool operator==(const EndProgram&) const = default;
};

// Starts a worker that is none: once it has loaded its function it waits for workers of the same
// version to be forked from it, which name it with `from`. SnapshotTaken follows, until when it has
// `timeout_ms`. It lingers for as long as these live.
struct StartSnapshot {
  static constexpr uint8_t type = 9;
  Spawn order;
  bool operator==(const StartSnapshot&) const = default;
};

// ---- spawner to engine
// Answer to Hello. If the versions differ nothing else follows: the engine sends Shutdown. Comes
// with the descriptor of the board.
struct Welcome {
  static constexpr uint8_t type = 65;
  uint32_t version = protocol_version;
  uint32_t pid = 0;
  uint8_t level = 0;                 // the strongest sandbox that this machine allows
  std::vector<std::string> reasons;  // why not the stronger ones
  bool operator==(const Welcome&) const = default;
};
// Follows Welcome: all workers that live, then comes what happened while no engine was there.
struct Workers {
  static constexpr uint8_t type = 66;
  std::vector<WorkerState> workers;
  bool operator==(const Workers&) const = default;
};
struct Started {
  static constexpr uint8_t type = 67;
  std::string worker;
  uint32_t pid = 0;
  Tier tier = Tier::plain;
  bool operator==(const Started&) const = default;
};
// The program could not be started; the worker's Exited follows.
struct SpawnFailed {
  static constexpr uint8_t type = 68;
  std::string worker, reason;
  bool operator==(const SpawnFailed&) const = default;
};
// What a worker wrote while no engine was there, as it came out of the pipe: the last of it.
struct Output {
  static constexpr uint8_t type = 69;
  std::string worker, request;
  uint8_t stream = 1;    // 1 stdout, 2 stderr
  uint64_t dropped = 0;  // bytes lost before these, while no engine was there
  std::string bytes;
  bool operator==(const Output&) const = default;
};
// The worker and everything it had started are gone.
struct Exited {
  static constexpr uint8_t type = 71;
  std::string worker, request;
  uint32_t code = 0;      // of exit
  uint32_t signal = 0;    // that ended it, or 0
  uint8_t timed_out = 0;  // killed at the deadline
  uint64_t peak_kib = 0;
  uint8_t out_of_memory = 0;  // the kernel ended something of it for want of memory
  bool operator==(const Exited&) const = default;
};

// Of a worker that lingers: its program has ended. Exited follows when the rest is gone too.
struct Ended {
  static constexpr uint8_t type = 72;
  Exited program;
  bool operator==(const Ended&) const = default;
};

// It can be forked from now on.
struct SnapshotTaken {
  static constexpr uint8_t type = 73;
  std::string worker;
  bool operator==(const SnapshotTaken&) const = default;
};

// The worker's place on the board and, in as many descriptors as are named, in this order, the read
// ends of what it prints and PeakFiles. From now on the engine reads them and the spawner does not,
// until it loses the engine. Follows Started and, of those that live, Workers.
struct Files {
  static constexpr uint8_t type = 74;
  static constexpr uint8_t out = 1, err = 2, group_peak = 4, status = 8;
  std::string worker;
  uint64_t seat = 0;
  uint8_t which = 0;  // a stream that is missing was closed
  bool operator==(const Files&) const = default;
};

using Message = std::variant<Hello, Spawn, Assign, Finish, Kill, Shutdown, Keep, EndProgram,
                             StartSnapshot, Welcome, Workers, Started, SpawnFailed, Output, Exited,
                             Ended, SnapshotTaken, Files>;

// The whole frame.
std::string encode(const Message& message);

class FrameReader {
 public:
  void push(std::string_view bytes) { buffer_.append(bytes); }
  // Nothing: more bytes are needed. An error: the peer does not speak this protocol; hang up.
  Result<std::optional<Message>> next();

 private:
  std::string buffer_;
  size_t start_ = 0;
};

}  // namespace perdure::executors::spawn
