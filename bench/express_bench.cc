// The engine in process, without HTTP: ten Pass states as synchronous EXPRESS executions on one
// thread, one after the other. Prints RESULT lines (bench/frame.py); the median of three runs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/assembly.h"
#include "engine/store/memory.h"

namespace {

using namespace perdure;
using namespace perdure::engine;
using Seconds = std::chrono::duration<double>;

// All of the engine's work, done by whoever calls `run`.
class LocalRunner final : public Runner {
 public:
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void run_at(int64_t, Work) override {}  // nothing here waits
  void run() {
    while (!posted_.empty()) {
      const Work work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
  }

 private:
  std::deque<Work> posted_;
};

std::string ten_pass_states() {
  std::string states;
  for (int i = 0; i < 10; ++i) {
    const std::string next =
        i < 9 ? R"("Next":"P)" + std::to_string(i + 1) + "\"" : R"("End":true)";
    states += (i > 0 ? ",\"P" : "\"P") + std::to_string(i) + R"(":{"Type":"Pass",)" + next + "}";
  }
  return R"({"StartAt":"P0","States":{)" + states + "}}";
}

constexpr char order[] =
    R"({"order":"A-1001","customer":{"name":"Ada","city":"London"},)"
    R"("items":[{"sku":"x1","quantity":2},{"sku":"y7","quantity":1}],"total":42.5,)"
    R"("note":"leave at the door, ring twice, thank you"})";

class Bench {
 public:
  Bench() : store_(memory_store()), blobs_(memory_blobs()) {
    auto made = make_engine(
        {clock_, random_, {&runner_}, runner_, runner_, *store_, *blobs_, EngineLimits{}});
    PD_ASSERT(made.has_value());
    assembly_ = std::move(*made);
    PD_ASSERT(assembly_->start().has_value());
    StateMachineRecord machine;
    machine.name = "express";
    machine.arn = state_machine_arn(machine.tenant, machine.name);
    machine.definition = ten_pass_states();
    machine.role_arn = "arn:aws:iam::000000000000:role/r";
    machine.type = asl::MachineType::express;
    assembly_->engine().state_machines().create(
        std::move(machine), [this](Result<StateMachineRecord> made) { arn_ = made.value().arn; });
    runner_.run();
    PD_ASSERT(!arn_.empty());
  }

  // Executions a second.
  double run(double seconds) {
    const auto began = std::chrono::steady_clock::now();
    int64_t done = 0;
    for (double passed = 0; passed < seconds;) {
      for (int i = 0; i < 1000; ++i) execute(done);
      passed = Seconds(std::chrono::steady_clock::now() - began).count();
      if (passed >= seconds) return static_cast<double>(done) / passed;
    }
    return 0;
  }

 private:
  void execute(int64_t& done) {
    StartRequest request;
    request.state_machine_arn = arn_;
    request.input = order;
    assembly_->engine().start_sync_execution(std::move(request), [&done](Result<Closed> closed) {
      PD_ASSERT(closed && closed->status == asl::ExecutionStatus::succeeded);
      PD_ASSERT(closed->output.text() == order);
      ++done;
    });
    runner_.run();
  }

  SystemClock clock_;
  SystemRandom random_;
  LocalRunner runner_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Blobs> blobs_;
  std::unique_ptr<Assembly> assembly_;
  std::string arn_;
};

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 5;
  Bench bench;
  bench.run(seconds / 5);  // warm
  std::vector<double> rates;
  for (int i = 0; i < 3; ++i) rates.push_back(bench.run(seconds));
  std::sort(rates.begin(), rates.end());
  std::printf("RESULT express_local executions_per_s %.6g 1/s\n", rates[1]);
  std::fprintf(stderr, "  express_local  executions_per_s       %12.6g 1/s\n", rates[1]);
}
