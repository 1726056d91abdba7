#include "engine/admission.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

namespace perdure::engine {
namespace {

constexpr auto durable = Admission::Kind::durable;

// "ACCOUNT/MACHINE", or a machine of an account that most have.
std::string account_of(const std::string& flow) {
  const size_t slash = flow.find('/');
  return slash == flow.npos ? "account" : flow.substr(0, slash);
}

// A machine that finishes starts one after the other, in virtual time, after waiting at least
// `floor_ms`.
class Machine {
 public:
  Machine(AdmissionLimits limits, double starts_a_ms, int64_t floor_ms = 4)
      : admission(limits), starts_a_ms_(starts_a_ms), floor_ms_(floor_ms) {}

  bool arrive(const std::string& flow, int64_t waited_ms = 0) {
    const auto ticket = admission.admit(account_of(flow), flow, now - waited_ms, now);
    ++(ticket ? admitted : refused)[flow];
    if (ticket) queue_.push_back({*ticket, flow});
    return ticket.has_value();
  }
  // The next millisecond.
  void tick() {
    ++now;
    credit_ = std::min(credit_ + starts_a_ms_, 50.0);
    while (credit_ >= 1 && !queue_.empty() && now - queue_.front().first.arrived_ms >= floor_ms_) {
      const auto& [ticket, flow] = queue_.front();
      longest[flow] = std::max(longest[flow], now - ticket.arrived_ms);
      admission.finish(ticket, durable, now);
      queue_.pop_front();
      credit_ -= 1;
      ++finished;
    }
  }
  void forget() {
    admitted.clear();
    refused.clear();
    longest.clear();
    finished = 0;
  }

  Admission admission;
  int64_t now = 1'000'000;
  int64_t finished = 0;
  std::map<std::string, int64_t> admitted, refused, longest;

 private:
  const double starts_a_ms_;
  const int64_t floor_ms_;
  double credit_ = 0;
  std::deque<std::pair<Admission::Ticket, std::string>> queue_;
};

TEST(Admission, ABurstThatFitsIsLetIn) {
  Machine machine({}, 1.0);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(machine.arrive("a"));
  for (int i = 0; i < 300; ++i) machine.tick();
  EXPECT_EQ(machine.finished, 200);
  EXPECT_EQ(machine.refused["a"], 0);
}

TEST(Admission, SustainableLoadIsNeverRefused) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 10'000; ++i) {
    if (i % 10 != 0) machine.arrive("a");
    if (i % 2 == 0) machine.arrive("b");
    machine.tick();
  }
  EXPECT_EQ(machine.refused["a"] + machine.refused["b"], 0);
}

TEST(Admission, UnderTenTimesTheLoadTheQueueStaysShortAndTheMachineBusy) {
  Machine machine({}, 2.0);
  const auto flood = [&](int ms) {
    for (int i = 0; i < ms; ++i) {
      for (int k = 0; k < 20; ++k) machine.arrive("flood");
      machine.tick();
    }
  };
  flood(2'000);
  machine.forget();
  flood(10'000);
  EXPECT_GT(machine.finished, 19'000);  // of 20,000 that are possible
  EXPECT_LT(machine.longest["flood"], 100);
}

TEST(Admission, ASlowDiskIsNotTakenForAQueue) {
  Machine machine({}, 5.0, 40);  // 40 ms each, but many at a time: 200 must be under way
  for (int i = 0; i < 20'000; ++i) {
    if (i == 10'000) machine.forget();
    for (int k = 0; k < 4; ++k) machine.arrive("a");
    machine.tick();
  }
  EXPECT_GT(machine.finished, 39'000);
}

TEST(Admission, WhatIsModestIsLetInBesideAFlood) {
  Machine machine({}, 5.0);
  for (int i = 0; i < 10'000; ++i) {
    if (i == 1'000) machine.forget();
    for (int k = 0; k < 50; ++k) machine.arrive("flood");
    if (i % 2 == 0) machine.arrive("modest");  // a hundredth of the flood
    machine.tick();
  }
  EXPECT_EQ(machine.refused["modest"], 0);
  EXPECT_LT(machine.longest["modest"], 100);
  EXPECT_GT(machine.finished, 44'000);
}

TEST(Admission, TwoFloodsShareWhateverTheirRates) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 20'000; ++i) {
    if (i == 5'000) machine.forget();
    for (int k = 0; k < 50; ++k) machine.arrive("larger");
    for (int k = 0; k < 5; ++k) machine.arrive("smaller");
    machine.tick();
  }
  EXPECT_GT(machine.admitted["smaller"], machine.admitted["larger"] / 2);
  EXPECT_GT(machine.admitted["larger"], machine.admitted["smaller"] / 2);
}

// An account has no more of the machine for having a thousand state machines.
TEST(Admission, AnAccountsFloodDoesNotStarveAnother) {
  Machine machine({}, 5.0);
  for (int i = 0; i < 10'000; ++i) {
    if (i == 2'000) machine.forget();
    for (int k = 0; k < 50; ++k) {
      machine.arrive("many/" + std::to_string((i * 50 + k) * 7919 % 1'000));
    }
    if (i % 2 == 0) machine.arrive("modest/one");
    machine.tick();
  }
  EXPECT_EQ(machine.refused["modest/one"], 0);
  EXPECT_LT(machine.longest["modest/one"], 100);
  EXPECT_GT(machine.finished, 39'000);
}

TEST(Admission, AccountsShareHoweverManyMachinesEachHas) {
  Machine machine({}, 5.0);
  for (int i = 0; i < 20'000; ++i) {
    if (i == 5'000) machine.forget();
    for (int k = 0; k < 25; ++k) {
      machine.arrive("many/" + std::to_string((i * 25 + k) * 7919 % 300));
      machine.arrive("few/one");
    }
    machine.tick();
  }
  int64_t many = 0;
  for (const auto& [flow, count] : machine.admitted) many += flow.starts_with("many") ? count : 0;
  EXPECT_GT(many, machine.admitted["few/one"] / 2);
  EXPECT_GT(machine.admitted["few/one"], many / 2);
}

// Synchronous starts are taken up at once; that says nothing about the queue before the disk.
TEST(Admission, QuickStartsDoNotHideTheQueueOfTheOthers) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 10'000; ++i) {
    if (i == 2'000) machine.forget();
    for (int k = 0; k < 20; ++k) machine.arrive("durable");
    if (const auto ticket = machine.admission.admit("account", "quick", machine.now, machine.now)) {
      machine.admission.finish(*ticket, Admission::Kind::synchronous, machine.now);
    }
    machine.tick();
  }
  EXPECT_LT(machine.longest["durable"], 100);
}

TEST(Admission, AfterTheFloodEverythingIsLetInAgain) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 5'000; ++i) {
    for (int k = 0; k < 20; ++k) machine.arrive("a");
    machine.tick();
  }
  for (int i = 0; i < 1'000; ++i) machine.tick();
  machine.forget();
  EXPECT_FALSE(machine.admission.overloaded(machine.now));
  for (int i = 0; i < 2'000; ++i) {
    machine.arrive("a");
    machine.tick();
  }
  EXPECT_EQ(machine.refused["a"], 0);
}

// What fits before an overload fits after it.
TEST(Admission, ABurstAfterAFloodIsLetIn) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 5'000; ++i) {
    for (int k = 0; k < 20; ++k) machine.arrive("a");
    machine.tick();
  }
  EXPECT_LT(machine.admission.window(), AdmissionLimits().first_window);
  for (int i = 0; i < 4'000; ++i) {
    if (i % 2 == 0) machine.arrive("a");
    machine.tick();
  }
  machine.forget();
  for (int i = 0; i < 200; ++i) machine.arrive("a");
  EXPECT_EQ(machine.refused["a"], 0);
}

TEST(Admission, AMachineThatStandsStillIsNoticed) {
  AdmissionLimits limits;
  Machine machine(limits, 0.0);
  for (int i = 0; i < 3'000; ++i) {
    machine.arrive("a");
    machine.tick();
  }
  EXPECT_EQ(machine.admission.window(), limits.smallest_window);
  EXPECT_LE(machine.admission.under_way(), limits.first_window);
}

// One of ten starts is lucky. That is nobody's concern unless others are refused meanwhile.
TEST(Admission, InAnOverloadTheLuckiestDoNotSpeakForAll) {
  for (const bool floods : {false, true}) {
    Admission admission({});
    std::multimap<int64_t, Admission::Ticket> under_way;
    for (int64_t now = 1'000; now < 5'000; ++now) {
      for (; !under_way.empty() && under_way.begin()->first <= now;
           under_way.erase(under_way.begin())) {
        admission.finish(under_way.begin()->second, durable, now);
      }
      for (int i = 0; i < (floods ? 100 : 5); ++i) {
        const auto ticket = admission.admit("account", "a", now, now);
        EXPECT_TRUE(ticket || floods);
        if (ticket) under_way.emplace(now + (i % 10 == 0 ? 2 : 30), *ticket);
      }
    }
    const int64_t first = AdmissionLimits().first_window;
    EXPECT_EQ(admission.window() < first, floods) << admission.window();
  }
}

// Every start has waited for 150 ms in front of the engine, which needs 10 ms itself.
TEST(Admission, WaitingBeforeAdmissionCounts) {
  Admission admission({});
  std::vector<Admission::Ticket> tickets;
  for (int64_t now = 1'000; now < 3'000; now += 10) {
    for (const auto& ticket : tickets) admission.finish(ticket, durable, now);
    tickets.clear();
    for (int i = 0; i < 300; ++i) {
      if (auto ticket = admission.admit("account", "a", now - 150, now)) tickets.push_back(*ticket);
    }
  }
  EXPECT_LT(admission.window(), AdmissionLimits().first_window);
}

// Of two crowds that want more than there is, one comes again at once and so has waited before it
// is heard; its requests would be the slow ones.
TEST(Admission, WhoIsLateAlreadyMakesRoomForWhoIsNot) {
  Machine machine({}, 2.0);
  int64_t late = 0, young = 0;
  for (int i = 0; i < 10'000; ++i) {
    for (int k = 0; k < 10; ++k) {
      if (machine.arrive("a", 200)) late += i >= 2'000;
      if (machine.arrive("a")) young += i >= 2'000;
    }
    machine.tick();
  }
  EXPECT_GT(young, 99 * late);
  EXPECT_GT(machine.finished, 19'000);
}

// There is nobody else: the machine works for those who are late.
TEST(Admission, WhoIsLateIsServedWhereOthersLeaveRoom) {
  Machine machine({}, 2.0);
  for (int i = 0; i < 10'000; ++i) {
    for (int k = 0; k < 10; ++k) machine.arrive("a", 200);
    machine.tick();
  }
  EXPECT_GT(machine.finished, 19'000);
}

TEST(Admission, FailedStartsGiveTheirPlaceBack) {
  AdmissionLimits limits;
  limits.largest_window = 2;
  Admission admission(limits);
  const auto one = admission.admit("account", "a", 1, 1);
  const auto two = admission.admit("account", "a", 1, 1);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(admission.admit("account", "b", 1, 1));
  admission.withdraw(*one, 2);
  EXPECT_TRUE(admission.admit("account", "b", 2, 2));
}

TEST(Admission, FlowsWithoutNumberTakeBoundedMemory) {
  AdmissionLimits limits;
  limits.most_flows = 100;
  limits.first_window = limits.largest_window = 10'000;
  Admission admission(limits);
  std::vector<Admission::Ticket> tickets;
  for (int i = 0; i < 5'000; ++i) {
    const auto ticket = admission.admit("account", "flow-" + std::to_string(i), 1, 1);
    ASSERT_TRUE(ticket);
    tickets.push_back(*ticket);
  }
  for (const auto& ticket : tickets) admission.finish(ticket, durable, 2);
  EXPECT_EQ(admission.under_way(), 0);
}

TEST(Admission, AClockThatGoesBackDoesNoHarm) {
  Admission admission({});
  const auto ticket = admission.admit("account", "a", 1'000'000, 1'000'000);
  ASSERT_TRUE(ticket);
  admission.finish(*ticket, durable, 500);
  for (int64_t now = 500; now < 2'000; ++now) {
    const auto again = admission.admit("account", "a", now, now);
    ASSERT_TRUE(again);
    admission.finish(*again, durable, now);
  }
}

}  // namespace
}  // namespace perdure::engine
