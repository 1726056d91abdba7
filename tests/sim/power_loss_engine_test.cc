// The engine on the embedded store loses power during any I/O operation: whoever was told of a
// start, an end or an accepted callback was told the truth, no worker ran for an entry that is
// gone, and what was open goes on and ends as it would have.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "asl/value/value.h"
#include "base/log.h"
#include "engine/store/sqlite.h"
#include "tests/engine/support/world.h"
#include "tests/sim/disk.h"

namespace perdure::sim {
namespace {

using engine::World;

constexpr char order[] = R"({"StartAt":"Check","States":{
  "Check":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:check",
    "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":20}],
    "ResultPath":null,"Next":"Ask"},
  "Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters":{"FunctionName":"ask","Payload":{"token.$":"$$.Task.Token"}},
    "Retry":[{"ErrorEquals":["Lambda.ServiceException"],"IntervalSeconds":1,"MaxAttempts":20}],
    "ResultPath":"$.answer","Next":"W"},
  "W":{"Type":"Wait","Seconds":5,"Next":"Each"},
  "Each":{"Type":"Map","ItemsPath":"$.items","ResultPath":"$.each","End":true,
    "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task",
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:item",
      "Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":20}],"End":true}}}}}})";
constexpr char order_input[] = R"({"items":[1,2]})";
const std::vector<std::string> names = {"one", "two", "three"};

// What the outside knows. Tokens are those that workers were given.
struct Ledger {
  std::set<std::string> started, ended, answered;
  std::set<std::string> tokens;
  std::vector<engine::TaskRequest> ran;
};

std::string arn_of(const std::string& name) { return engine::execution_arn({}, "order", name); }

// A world on a disk, and the people outside it.
class Scene {
 public:
  explicit Scene(Disk& disk)
      : world_([this](const engine::TaskRequest& request) { return work(request); },
               store_on(disk)) {}

  Ledger ledger;

  void create_machine() { machine_ = world_.machine("order", order); }
  void start(const std::string& name) {
    engine::StartRequest request;
    request.state_machine_arn = engine::state_machine_arn({}, "order");
    request.name = name;
    request.input = order_input;
    world_.engine().start_execution(request, [this, name](auto started) {
      if (started) ledger.started.insert(name);
    });
    world_.settle();
    wait_for(name);
  }
  void wait_for(const std::string& name) {
    world_.engine().wait_closed(arn_of(name), [this, name](auto closed) {
      if (closed) ledger.ended.insert(name);
    });
  }
  // Who heard nothing asks again; an answer that came too late is refused.
  void answer_everyone() {
    const std::set<std::string> tokens = ledger.tokens;
    for (const std::string& token : tokens) {
      if (ledger.answered.contains(token)) continue;
      world_.engine().task_succeeded({}, token, "42", [this, token](Result<bool> done) {
        if (done) ledger.answered.insert(token);
      });
    }
    world_.settle();
  }
  void pass(int64_t ms) { world_.pass(ms); }
  Result<engine::ExecutionView> describe(const std::string& name) {
    return world_.engine().describe_execution(arn_of(name));
  }
  std::vector<asl::Entry> history(const std::string& name) {
    auto page = world_.engine().history(arn_of(name), 0, false, 10'000);
    return page ? std::move(page->events) : std::vector<asl::Entry>();
  }
  bool quarantined() { return !world_.engine().quarantined().empty(); }

 private:
  static std::unique_ptr<engine::Store> store_on(Disk& disk) {
    auto store =
        engine::open_sqlite_store("", {.vfs = disk.vfs_name(), .log_bounds = {.copy_pages = 30}});
    if (!store) throw std::runtime_error(store.error().cause);
    return std::move(*store);
  }

  std::optional<engine::TaskAnswer> work(const engine::TaskRequest& request) {
    ledger.ran.push_back(request);
    if (request.state_name != "Ask") return engine::answer::Succeeded{asl::Payload("7")};
    const std::string text(request.parameters.text());
    constexpr std::string_view before = R"("token":")";
    const auto at = text.find(before) + before.size();
    ledger.tokens.insert(text.substr(at, text.find('"', at) - at));
    return engine::answer::Succeeded{asl::Payload("{}")};
  }

  std::string machine_;
  World world_;
};

void play(Scene& scene) {
  for (const std::string& name : names) {
    scene.start(name);
    scene.pass(1'500);
    if (name != "one") scene.answer_everyone();
  }
  scene.answer_everyone();
  scene.pass(60'000);
}

struct Loss {
  uint64_t operation;
  std::shared_ptr<const DiskImage> image;
  Ledger ledger;
};

std::vector<Loss> losses_of(uint64_t seed, int draws, DiskLies lies) {
  std::vector<Loss> losses;
  Disk disk(seed, lies);
  Scene scene(disk);
  scene.create_machine();
  disk.on_operation([&](uint64_t operation) {
    for (int i = 0; i < draws; ++i) {
      losses.push_back({operation, disk.after_power_loss(), scene.ledger});
    }
  });
  play(scene);
  disk.on_operation({});
  EXPECT_EQ(scene.ledger.ended.size(), names.size());
  return losses;
}

bool has_event(const std::vector<asl::Entry>& history, int64_t id, asl::EntryType type) {
  return std::any_of(history.begin(), history.end(),
                     [&](const auto& entry) { return entry.id == id && entry.type == type; });
}

// What was promised before the loss, checked before the new process does anything.
std::string broken_promise(Scene& scene, const Ledger& ledger) {
  for (const std::string& name : ledger.started) {
    if (!scene.describe(name)) return "the start of " + name + " is lost";
  }
  for (const std::string& name : ledger.ended) {
    const auto view = scene.describe(name);
    if (!view || view->record.status != "SUCCEEDED") return "the end of " + name + " is lost";
  }
  size_t answers = 0;
  for (const std::string& name : names) {
    for (const asl::Entry& entry : scene.history(name)) {
      answers +=
          entry.type == asl::EntryType::TaskSucceeded && entry.text(asl::Field::output) == "42";
    }
  }
  if (answers < ledger.answered.size()) return "an accepted callback is lost";
  for (const engine::TaskRequest& request : ledger.ran) {
    const std::string name = request.execution_arn.substr(request.execution_arn.rfind(':') + 1);
    const auto history = scene.history(name);
    using asl::EntryType;
    if (!has_event(history, request.attempt.scheduled, EntryType::LambdaFunctionScheduled) &&
        !has_event(history, request.attempt.scheduled, EntryType::TaskScheduled)) {
      return "a worker ran for an attempt of " + name + " that is not in its history";
    }
  }
  return "";
}

std::string unsound_history(const std::vector<asl::Entry>& history) {
  int64_t id = 0;
  for (const asl::Entry& event : history) {
    if (event.id != ++id) return "an event is missing";
    const bool ends = event.type == asl::EntryType::ExecutionSucceeded;
    if (ends != (&event == &history.back())) return "the end is not the last event";
  }
  return "";
}

std::string fault_of(const Loss& loss, uint64_t seed) {
  Disk disk(loss.image, seed);
  Scene scene(disk);
  if (std::string broken = broken_promise(scene, loss.ledger); !broken.empty()) return broken;
  scene.ledger.tokens = loss.ledger.tokens;
  for (const std::string& name : names) {
    if (!scene.describe(name)) scene.start(name);
  }
  for (int turn = 0; turn < 4; ++turn) {
    scene.pass(30'000);
    scene.answer_everyone();
  }
  for (const std::string& name : names) {
    const auto view = scene.describe(name);
    if (!view || view->output.text() != R"({"items":[1,2],"answer":42,"each":[7,7]})") {
      return name + " ended as " + (view ? view->record.status + " " : view.error().name) +
             std::string(view ? view->output.text() : "");
    }
    if (std::string fault = unsound_history(scene.history(name)); !fault.empty()) return fault;
  }
  return scene.quarantined() ? "an execution is quarantined" : "";
}

uint64_t seeds() {
  const char* text = std::getenv("PERDURE_POWER_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

TEST(PowerLossEngine, WhatWasPromisedIsKept) {
  start_log(LogFormat::text, LogLevel::warning);
  size_t losses = 0;
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    for (const Loss& loss : losses_of(seed, 3, {})) {
      const std::string fault = fault_of(loss, seed * 1'000'003 + losses++);
      ASSERT_EQ(fault, "") << "seed " << seed << ", operation " << loss.operation;
    }
  }
  printf("%zu losses of power under the engine\n", losses);
  EXPECT_GT(losses, 500u);
}

TEST(PowerLossEngine, ASyncThatDoesNothingIsCaught) {
  size_t violations = 0, losses = 0;
  for (const Loss& loss : losses_of(1, 1, {.sync_does_nothing = true})) {
    Disk disk(loss.image, 1 + losses++);
    try {
      Scene scene(disk);
      violations += !broken_promise(scene, loss.ledger).empty();
    } catch (const std::runtime_error&) {
      ++violations;
    }
  }
  EXPECT_GT(violations, losses / 10) << "of " << losses;
}

}  // namespace
}  // namespace perdure::sim
