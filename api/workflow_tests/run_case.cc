#include "api/workflow_tests/run_case.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/states/names.h"
#include "api/workflow_tests/mock_executor.h"
#include "api/workflow_tests/virtual_time.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/assembly.h"
#include "engine/execution_log.h"
#include "engine/store/memory.h"

namespace perdure::api::workflow_tests {
namespace {

// AWS ends an execution after a year; what runs on beyond this never ends.
constexpr int64_t longest_ms = 400LL * 24 * 3'600'000;

// Executions are logged, so that the sink is told of every entry; nobody writes a log.
Json logging() {
  Json group = {{"logGroupArn", "arn:aws:logs:us-east-1:000000000000:log-group:tests:*"}};
  Json destination = Json::object({{"cloudWatchLogsLogGroup", std::move(group)}});
  Json logging = {{"level", "ALL"}, {"destinations", Json::array({std::move(destination)})}};
  return Json::object({{"loggingConfiguration", std::move(logging)}});
}

class Recorder final : public engine::EntrySink {
 public:
  explicit Recorder(std::vector<Recording>& recordings) : recordings_(recordings) {}
  void committed(const engine::LogTarget&, const asl::Execution& execution,
                 const std::vector<asl::Entry>& entries) override {
    Recording& recording = of(execution.identity());
    recording.entries.insert(recording.entries.end(), entries.begin(), entries.end());
  }

 private:
  Recording& of(const asl::ExecutionIdentity& identity) {
    const auto found = places_.find(identity.arn);
    if (found != places_.end()) return recordings_[found->second];
    places_[identity.arn] = recordings_.size();
    const std::string machine = identity.machine_name.substr(0, identity.machine_name.find('/'));
    return recordings_.emplace_back(Recording{identity.arn, machine, {}});
  }

  std::vector<Recording>& recordings_;
  std::map<std::string, size_t> places_;
};

class Stage {
 public:
  explicit Stage(const Scene& scene)
      : scene_(scene),
        time_(scene.start_ms),
        recorder_(outcome_.recordings),
        mocks_(std::make_shared<MockExecutor>(time_, scene, outcome_.problems,
                                              [this] { stopped_ = true; })) {}
  ~Stage() {
    time_.drop_all();
    assembly_.reset();
    time_.drop_all();
  }

  Result<Outcome> run() {
    PD_CHECK(check_execution_input(scene_.input, asl::Limits{}.max_payload_bytes));
    PD_CHECK(set_up());
    for (const MachineSource& machine : scene_.machines) PD_CHECK(create(machine));
    PD_CHECK(execute());
    report_unknown_children();
    return std::move(outcome_);
  }

 private:
  Result<> set_up() {
    engine::EngineLimits limits;
    limits.upkeep_ms = 0;  // nothing gets old here
    PD_TRY(assembly,
           engine::make_engine({time_, random_, {&time_}, time_, time_, *store_, *blobs_, limits}));
    assembly_ = std::move(assembly);
    assembly_->add_executor(mocks_);
    assembly_->set_entry_sink(recorder_);
    PD_CHECK(assembly_->start());
    time_.run_until([] { return false; }, time_.now_ms());
    PD_TRY(settings, store_->documents("setting"));
    for (const engine::Document& setting : settings) {
      if (setting.name == "token_secret") mocks_->connect(*assembly_, setting.json);
    }
    return {};
  }

  Result<> create(const MachineSource& machine) {
    engine::StateMachineRecord record;
    record.name = machine.name;
    record.arn = engine::state_machine_arn(record.tenant, machine.name);
    record.type = machine.type;
    record.role_arn =
        scene_.role_arn.empty() ? "arn:aws:iam::000000000000:role/test" : scene_.role_arn;
    record.definition = machine.definition;
    record.definition_hash = hex(sha256(machine.definition));
    record.settings = logging();
    std::optional<Result<engine::StateMachineRecord>> created;
    assembly_->engine().state_machines().create(std::move(record),
                                                [&](auto result) { created = std::move(result); });
    time_.run_until([&] { return created.has_value(); }, time_.now_ms());
    if (!created) return internal_error("The state machine was not created.");
    PD_CHECK(*created);
    return {};
  }

  Result<> execute() {
    const std::string arn =
        engine::state_machine_arn(engine::Tenant{}, scene_.machines.front().name);
    std::optional<Result<engine::Closed>> closed;
    assembly_->engine().start_and_wait({{}, arn, scene_.execution_name, scene_.input, ""},
                                       [&](auto result) { closed = std::move(result); });
    time_.run_until([&] { return closed.has_value() || stopped_; }, scene_.start_ms + longest_ms);
    outcome_.took_ms = time_.now_ms() - scene_.start_ms;
    outcome_.status = "RUNNING";
    if (!closed) return {};
    if (!*closed) return closed->error();
    outcome_.status = asl::status_name((*closed)->status);
    outcome_.output = (*closed)->output;
    outcome_.error = (*closed)->error;
    outcome_.cause = (*closed)->cause;
    return {};
  }

  // A child that is neither mocked nor there fails in a way that a Catch may take.
  void report_unknown_children() {
    for (const Recording& recording : outcome_.recordings) {
      for (const asl::Entry& entry : recording.entries) {
        const bool failed = entry.type == asl::EntryType::TaskFailed ||
                            entry.type == asl::EntryType::TaskSubmitFailed;
        if (!failed ||
            entry.text(asl::Field::error) != "StepFunctions.StateMachineDoesNotExistException") {
          continue;
        }
        if (entry.text(asl::Field::resource_type) != "states") continue;  // a mock's error
        outcome_.problems.push_back(
            {"", "A child execution is neither mocked nor is its definition known: " +
                     std::string(entry.text(asl::Field::cause))});
      }
    }
  }

  const Scene& scene_;
  Outcome outcome_;
  VirtualTime time_;
  SeededRandom random_{1};
  std::unique_ptr<engine::Store> store_ = engine::memory_store();
  std::unique_ptr<engine::Blobs> blobs_ = engine::memory_blobs();
  Recorder recorder_;
  std::shared_ptr<MockExecutor> mocks_;
  std::unique_ptr<engine::Assembly> assembly_;
  bool stopped_ = false;
};

}  // namespace

Result<Outcome> run_case(const Scene& scene) { return Stage(scene).run(); }

}  // namespace perdure::api::workflow_tests
