#pragma once
// One execution in a world of its own: virtual time, seeded chance, every entry kept.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "asl/execution/advance.h"
#include "asl/parse/parse.h"

namespace perdure::asl::testing {

class World : public Surroundings {
 public:
  explicit World(std::string_view definition, uint64_t seed = 1)
      : World(parsed(definition), seed) {}
  World(std::shared_ptr<const StateMachine> machine, uint64_t seed)
      : machine_(std::move(machine)), random_(seed), execution(machine_) {}

  static std::shared_ptr<const StateMachine> parsed(std::string_view definition) {
    const ParseOutcome outcome = parse_definition(definition);
    for (const Diagnostic& d : outcome.diagnostics) {
      if (!outcome.ok()) ADD_FAILURE() << d.code << ": " << d.message << " at " << d.location;
    }
    return outcome.machine;
  }

  Burst give(const Input& input) {
    Burst burst = advance(execution, input, {now_ms, random_, *this, limits});
    take(burst);
    return burst;
  }
  World& start(std::string_view input = "{}") {
    input::Start start;
    start.identity.arn = "arn:aws:states:us-east-1:123456789012:execution:m:e";
    start.identity.name = "e";
    start.identity.machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    start.identity.machine_name = "m";
    start.identity.role_arn = "arn:aws:iam::123456789012:role/r";
    start.input = Payload(std::string(input));
    return run(start);
  }
  // Gives the input and goes on while the burst bound asks for it.
  World& run(const Input& input) {
    Burst burst = give(input);
    while (burst.more) burst = give(input::Continue{});
    return *this;
  }
  World& succeed(EventId scheduled, std::string_view output) {
    return run(input::AttemptAnswered{scheduled, Payload(std::string(output)), ""});
  }
  World& fail(EventId scheduled, std::string_view error, std::string_view cause = "because") {
    return run(input::AttemptFailed{scheduled, std::string(error), std::string(cause)});
  }
  // Moves time to the next moment at which something is due, and lets it happen.
  World& wait() {
    const auto due = execution.next_due_ms();
    if (!due) {
      ADD_FAILURE() << "nothing is due";
      return *this;
    }
    now_ms = std::max(now_ms, *due);
    return run(input::Due{});
  }

  // "1<-0 ExecutionStarted; 2<-0 PassStateEntered; ..." from event `first` on.
  std::string history(EventId first = 1) const {
    std::ostringstream text;
    for (const Entry& entry : entries) {
      if (!is_event(entry.type) || entry.id < first) continue;
      if (text.tellp() > 0) text << "; ";
      text << entry.id << "<-" << entry.previous << " " << entry_type_name(entry.type);
    }
    return text.str();
  }
  const Entry& event(EventId id) const {
    for (const Entry& entry : entries) {
      if (is_event(entry.type) && entry.id == id) return entry;
    }
    ADD_FAILURE() << "no event " << id;
    static const Entry none;
    return none;
  }
  std::string output() const { return std::string(execution.output().text()); }
  std::string status() const { return std::string(status_name(execution.status())); }

  std::string task_token(const Execution&, EventId scheduled) override {
    return "token-" + std::to_string(scheduled);
  }
  bool reserve(const Execution&, const Entry&, std::string& request_id) override {
    request_id = "request";
    return starts_at_once;
  }

 private:
  std::shared_ptr<const StateMachine> machine_;
  SeededRandom random_;
  void take(const Burst& burst) {
    entries.insert(entries.end(), burst.entries.begin(), burst.entries.end());
    effects.insert(effects.end(), burst.effects.begin(), burst.effects.end());
  }

 public:
  int64_t now_ms = 1'700'000'000'000;
  bool starts_at_once = true;
  Limits limits;
  Execution execution;
  std::vector<Entry> entries;
  std::vector<Effect> effects;
};

}  // namespace perdure::asl::testing
