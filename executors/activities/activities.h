#pragma once
// Activities: tasks whose workers ask for work (GetActivityTask) and answer with a token
// (SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat). What waits for a worker is in memory only:
// after a restart the engine dispatches again what was scheduled and not yet started.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/runner.h"
#include "engine/catalog/documents.h"
#include "engine/executor.h"

namespace perdure::executors {

struct Activity {
  engine::Tenant tenant;
  std::string arn;
  std::string name;
  int64_t created_ms = 0;
  Json settings = Json::object();  // encryptionConfiguration, tags: as given
};

// What a worker gets; without a token: nothing came up in time.
struct ActivityTask {
  std::string token;
  std::string input;
};

// Safe from any thread. All arguments outlive it. `timers` runs the ends of long polls.
class Activities final : public engine::Executor {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  Activities(const Clock& clock, Runner& timers, engine::DocumentWriter& writer);

  Result<> load(engine::Store& store);
  // Before the first dispatch.
  void answer_to(engine::AnswerSink& answers) { answers_ = &answers; }

  // The same name again gives what is there. `done` comes once it is durable.
  void create(Activity activity, Done<Activity> done);
  void update(Activity activity, Done<Activity> done);
  void remove(const std::string& arn, Done<Activity> done);  // one that is not there is fine
  std::optional<Activity> find(const std::string& arn) const;
  std::vector<Activity> list(const engine::Tenant& tenant) const;  // by name

  // The oldest task that waits, or the next that comes within 60 s (AWS's long poll). Its
  // ActivityStarted event is durable when the worker learns of it. Error: ActivityDoesNotExist.
  void next_task(const std::string& arn, std::string worker_name, Done<ActivityTask> done);

  bool serves(const asl::TaskResource& resource) const override;
  std::optional<std::string> refusal(const asl::TaskResource& resource) const override;
  std::optional<std::string> reserve(const engine::TaskRequest&) override { return std::nullopt; }
  void dispatch(engine::TaskRequest request) override;
  void go(const engine::AttemptId& attempt) override;
  void cancel(const engine::AttemptId& attempt) override;
  // The worker has the token, wherever it is.
  void recover(engine::TaskRequest) override {}

 private:
  struct Poll {
    std::string worker_name;
    int64_t until_ms;
    Done<ActivityTask> done;
  };
  struct Waiting {  // for one activity
    std::list<engine::TaskRequest> tasks;
    std::list<std::shared_ptr<Poll>> polls;
  };
  struct Promised {  // a worker has been found; its Started event is on its way to the disk
    engine::TaskRequest request;
    std::shared_ptr<Poll> poll;
  };

  bool withdraw_locked(const engine::AttemptId& attempt);
  void match_locked(const std::string& arn, std::vector<std::function<void()>>& after);
  void give_up(const std::string& arn, const std::shared_ptr<Poll>& poll);

  const Clock& clock_;
  Runner& timers_;
  engine::Documents documents_;
  engine::AnswerSink* answers_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, Waiting> waiting_;                                       // by ARN
  std::map<engine::AttemptId, std::list<engine::TaskRequest>::iterator> tasks_;  // those that wait
  std::map<engine::AttemptId, Promised> promised_;
};

}  // namespace perdure::executors
