#pragma once
// Which new starts may come in while there is more to do than can be done.
//
// What is watched is the sojourn of a start: from the arrival of its request to the moment at which
// it is durable (or, for a synchronous one, taken up). A burst makes a queue that drains by itself;
// overload makes one that stays. So, as in CoDel (RFC 8289), the smallest sojourn of an interval
// counts: if even the luckiest start had to wait for too long, the window of starts under way
// shrinks; if starts were refused although nobody waits, it grows again. While starts are refused
// the mean counts too: who is let in then shall be served as on other days. The window is not a
// setting but what the machine has shown that it can take.
//
// Starts belong to flows, one for each state machine, and these to accounts. While the window is
// full, an account below its share is still let in, and so is a flow below its share of its
// account: the flood of one is refused instead of the others, and an account has no more of the
// machine for having many state machines.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace perdure::engine {

struct AdmissionLimits {
  int64_t target_ms = 4;            // a smallest sojourn beyond this is a standing queue
  int64_t longest_target_ms = 200;  // where the machine needs longer even for a lone start
  int64_t interval_ms = 100;        // over which the smallest is taken
  int64_t first_window = 256;       // starts under way before anything is known
  int64_t smallest_window = 32;     // enough to learn from, and for a commit of many
  int64_t largest_window = 20'000;  // the last resort
  size_t most_flows = 4'096;        // beyond, flows share buckets
};

// Safe from any thread. Times are UTC milliseconds and are passed in; should they go back, an
// interval lasts longer.
class Admission {
 public:
  // What an acknowledgement takes differs: a synchronous start is taken up, any other is durable.
  // Each kind has its own smallest sojourn, lest the quick ones hide the queue of the others.
  enum class Kind : uint8_t { durable, synchronous };
  struct Ticket {
    uint64_t account = 0, flow = 0;
    int64_t arrived_ms = 0;
    int64_t admitted_ms = 0;
  };

  explicit Admission(AdmissionLimits limits);

  // Empty: refused. A ticket is given back once, by finish() or withdraw().
  // `flow` is unique among those of all accounts.
  std::optional<Ticket> admit(std::string_view account, std::string_view flow, int64_t arrived_ms,
                              int64_t now_ms);
  // The start is acknowledged.
  void finish(const Ticket& ticket, Kind kind, int64_t now_ms);
  // It came to nothing: its time says nothing.
  void withdraw(const Ticket& ticket, int64_t now_ms);

  int64_t window() const;
  int64_t under_way() const;
  // A start was refused in this interval or the one before.
  bool overloaded(int64_t now_ms);

 private:
  struct Flow {
    uint64_t account = 0;
    int64_t under_way = 0;
    int64_t peak = 0;     // of under_way in this interval
    int64_t refused = 0;  // in this interval
  };
  struct Account : Flow {
    // What a flow of it may have under way although the account has its share.
    int64_t flow_share = INT64_MAX;
  };
  // Who shares, and how much those take that were refused nothing.
  struct Claims {
    int64_t modest = 0, hungry = 0;
    void add(const Flow& flow);
    int64_t share_of(int64_t whole, int64_t least) const;
  };
  // The smallest time from admission on while hardly anything was under way, of one or two periods
  // back.
  struct Floor {
    int64_t began_ms = 0;
    std::optional<int64_t> current, previous;
  };

  struct Delay {
    std::optional<int64_t> smallest_ms;       // of this interval: the sojourn,
    std::optional<int64_t> smallest_work_ms;  // and what of it came after admission
    int64_t sum_ms = 0, count = 0;            // of the sojourns of this interval
    Floor floor;
  };

  template <class Flows>
  uint64_t number(const Flows& flows, std::string_view name) const;
  bool has_room(const Account& account, const Flow& flow, int64_t part) const;
  bool is_late(const Ticket& ticket, int64_t now_ms) const;
  void leave(const Ticket& ticket);
  void turn(int64_t now_ms);
  void judge(int64_t now_ms);
  void share_out();
  template <class Flows>
  static void begin_interval(Flows& flows);
  void learn_floors(int64_t now_ms);
  int64_t target_ms(const Floor& floor) const;
  double excess(int64_t now_ms) const;

  const AdmissionLimits limits_;
  mutable std::mutex mutex_;  // guards all below
  int64_t window_;
  int64_t share_;  // what an account may have under way although the window is full
  int64_t under_way_ = 0;
  int64_t peak_ = 0;  // of under_way_ in this interval
  std::unordered_map<uint64_t, Account> accounts_;
  std::unordered_map<uint64_t, Flow> flows_;
  std::array<Delay, 2> delays_;  // by Kind

  int64_t interval_began_ms_ = 0;
  int64_t waiting_since_ms_ = 0;  // since when something is under way and nothing was finished
  int64_t refused_ = 0;
  bool refused_before_ = false;  // in the interval before
};

}  // namespace perdure::engine
