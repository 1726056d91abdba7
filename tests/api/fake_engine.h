#pragma once
// An engine of maps: what a face asks is remembered, what it is answered was set before.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalog/publications.h"
#include "engine/engine.h"

namespace perdure::api {

class FakeStateMachines final : public engine::StateMachines {
 public:
  using Record = engine::StateMachineRecord;
  void create(Record record, std::function<void(Result<Record>)> done) override {
    record.created_ms = record.updated_ms = 1'763'702'869'123;
    const auto found = records.find(record.arn);
    if (found != records.end() && found->second.definition != record.definition) {
      return done(Error{ErrorKind::conflict, "StateMachineAlreadyExists",
                        "State Machine Already Exists: '" + record.arn + "'"});
    }
    done(records.emplace(record.arn, record).first->second);
  }
  void update(std::string arn, Update update, std::function<void(Result<Record>)> done) override {
    const auto found = records.find(arn);
    if (found == records.end()) return done(unknown(arn));
    Record& record = found->second;
    const Record before = record;
    if (update.definition) record.definition = *update.definition;
    if (update.role_arn) record.role_arn = *update.role_arn;
    if (record.settings.is_null()) record.settings = Json::object();
    record.settings.update(update.settings);
    if (record.definition != before.definition || record.role_arn != before.role_arn ||
        record.settings != before.settings) {
      record.revision_id = "revision-" + std::to_string(++revisions);
      record.updated_ms += 1000;
    }
    if (update.publish) {
      ASSERT_TRUE(engine::publish(record, *update.publish, record.updated_ms));
    }
    done(record);
  }
  void change(std::string arn, Change change, std::function<void(Result<Record>)> done) override {
    const auto found = records.find(arn);
    if (found == records.end()) return done(unknown(arn));
    Record changed = found->second;
    if (auto made = change(changed); !made) return done(made.error());
    done(found->second = changed);
  }
  void keep_definition(std::string text, std::function<void(Result<std::string>)> done) override {
    kept.push_back(std::move(text));
    done("hash of " + kept.back());
  }
  void remove(std::string arn, std::function<void(Result<bool>)> done) override {
    done(records.erase(arn) == 1);
  }
  std::shared_ptr<const Record> find(std::string_view arn) const override {
    const auto found = records.find(std::string(arn));
    return found == records.end() ? nullptr : std::make_shared<const Record>(found->second);
  }
  std::vector<Record> list(const engine::Tenant& tenant) const override {
    std::vector<Record> all;
    for (const auto& [arn, record] : records) {
      if (record.tenant == tenant) all.push_back(record);
    }
    return all;
  }
  std::shared_ptr<const engine::LogTarget> log_target(std::string_view) const override {
    return nullptr;
  }
  std::shared_ptr<const asl::StateMachine> parsed(std::string_view) override { return nullptr; }

  static Error unknown(const std::string& arn) {
    return Error{ErrorKind::not_found, "StateMachineDoesNotExist",
                 "State Machine Does Not Exist: '" + arn + "'"};
  }

  std::map<std::string, Record> records;
  std::vector<std::string> kept;
  int revisions = 0;
};

class FakeEngine final : public engine::Engine {
 public:
  FakeStateMachines& state_machines() override { return machines; }

  void start_execution(engine::StartRequest request,
                       engine::Callback<engine::Started> done) override {
    starts.push_back(request);
    if (!machines.find(request.state_machine_arn)) {
      return done(Error{ErrorKind::not_found, "StateMachineDoesNotExist",
                        "State Machine Does Not Exist: '" + request.state_machine_arn + "'"});
    }
    const std::string machine =
        request.state_machine_arn.substr(request.state_machine_arn.rfind(':') + 1);
    const std::string name = request.name.empty() ? "generated" : request.name;
    done(engine::Started{engine::execution_arn(request.tenant, machine, name), 1'763'702'869'123});
  }
  void start_sync_execution(engine::StartRequest request,
                            engine::Callback<engine::Closed> done) override {
    starts.push_back(std::move(request));
    done(closed);
  }
  void wait_closed(std::string execution_arn, engine::Callback<engine::Closed> done) override {
    engine::Closed answer = closed;
    answer.execution_arn = std::move(execution_arn);
    done(answer);
  }
  void stop_execution(std::string execution_arn, std::optional<std::string> error,
                      std::optional<std::string> cause, engine::Callback<int64_t> done) override {
    stops.push_back({std::move(execution_arn), error.value_or("-"), cause.value_or("-")});
    done(1'763'702'870'500);
  }
  void redrive_execution(engine::RedriveRequest request, engine::Callback<int64_t> done) override {
    redrives.push_back(std::move(request));
    done(redrive_answer);
  }
  void task_succeeded(engine::Tenant, std::string token, std::string output,
                      engine::Callback<bool> done) override {
    tasks.push_back({"success", std::move(token), std::move(output)});
    done(task_answer);
  }
  void task_failed(engine::Tenant, std::string token, std::optional<std::string> error,
                   std::optional<std::string> cause, engine::Callback<bool> done) override {
    tasks.push_back({"failure", std::move(token), error.value_or("-"), cause.value_or("-")});
    done(task_answer);
  }
  void task_heartbeat(engine::Tenant, std::string token, engine::Callback<bool> done) override {
    tasks.push_back({"heartbeat", std::move(token)});
    done(task_answer);
  }

  Result<engine::ExecutionView> describe_execution(const std::string& arn) override {
    const auto found = views.find(arn);
    if (found != views.end()) return found->second;
    return Error{ErrorKind::not_found, "ExecutionDoesNotExist",
                 "Execution Does Not Exist: '" + arn + "'"};
  }
  Result<std::vector<engine::ExecutionRecord>> list_executions(
      const engine::ExecutionFilter& filter, const engine::ExecutionPosition& after,
      int64_t limit) override {
    std::vector<engine::ExecutionRecord> page;
    for (const auto& record : listed) {  // newest first
      const bool later = record.start_ms < after.start_ms;
      const bool wanted = record.machine_arn == filter.machine_arn &&
                          (filter.status.empty() || record.status == filter.status);
      if (later && wanted && int64_t(page.size()) < limit) page.push_back(record);
    }
    return page;
  }
  Result<int64_t> item_count(const std::string&) override { return 3; }
  Result<engine::HistoryPage> history(const std::string& arn, int64_t after, bool reverse,
                                      int64_t limit) override {
    if (!views.contains(arn)) return describe_execution(arn).error();
    engine::HistoryPage page;
    std::vector<asl::Entry> events = history_events;
    if (reverse) std::reverse(events.begin(), events.end());
    for (const asl::Entry& event : events) {
      if (after != 0 && (reverse ? event.id >= after : event.id <= after)) continue;
      page.more = int64_t(page.events.size()) == limit;
      if (page.more) break;
      page.events.push_back(event);
    }
    return page;
  }
  Result<std::string> definition_hash(const std::string& arn) override {
    return views.at(arn).identity.definition_hash;
  }
  Result<std::string> definition_text(const std::string& hash) override {
    return definitions.at(hash);
  }
  Result<engine::MapRunView> describe_map_run(const std::string& arn) override {
    const auto found = map_runs.find(arn);
    if (found != map_runs.end()) return found->second;
    return Error{ErrorKind::not_found, "ResourceNotFound", "Resource not found: '" + arn + "'"};
  }
  Result<engine::MapRunPage> list_map_runs(const std::string& arn, int64_t before,
                                           int64_t limit) override {
    if (!views.contains(arn)) return describe_execution(arn).error();
    engine::MapRunPage page;
    int64_t event = int64_t(map_runs.size());
    for (const auto& [name, run] : map_runs) {
      const int64_t began = event--;
      if (before != 0 && began >= before) continue;
      page.more = int64_t(page.runs.size()) == limit;
      if (page.more) break;
      page.runs.push_back(run);
      page.event = began;
    }
    return page;
  }
  void update_map_run(std::string arn, engine::MapRunUpdate update,
                      engine::Callback<bool> done) override {
    if (!map_runs.contains(arn)) return done(describe_map_run(arn).error());
    map_run_updates.push_back(update);
    done(true);
  }
  std::map<std::string, engine::MapRunView> map_runs;
  std::vector<engine::MapRunUpdate> map_run_updates;
  std::vector<Quarantined> quarantine;
  std::vector<Quarantined> quarantined() override { return quarantine; }

  FakeStateMachines machines;
  std::vector<engine::StartRequest> starts;
  std::vector<std::vector<std::string>> stops, tasks;
  engine::Closed closed;
  Result<bool> task_answer = true;
  std::vector<engine::RedriveRequest> redrives;
  Result<int64_t> redrive_answer = 1'763'702'871'000;
  std::map<std::string, engine::ExecutionView> views;
  std::vector<engine::ExecutionRecord> listed;
  std::vector<asl::Entry> history_events;
  std::map<std::string, std::string> definitions;
};

}  // namespace perdure::api
