#include "executors/activities/activities.h"

#include <algorithm>
#include <utility>

namespace perdure::executors {
namespace {

constexpr int64_t poll_ms = 60'000;
constexpr size_t max_polls = 1'000;  // of one activity, at once

std::string to_document(const Activity& activity) {
  return dump_json({{"arn", activity.arn},
                    {"name", activity.name},
                    {"created_ms", activity.created_ms},
                    {"settings", activity.settings}});
}

std::optional<Activity> from_document(const std::optional<engine::Document>& document) {
  if (!document) return std::nullopt;
  const auto json = parse_json(document->json);
  if (!json) return std::nullopt;
  Activity activity;
  activity.tenant = document->tenant;
  activity.arn = json->value("arn", "");
  activity.name = json->value("name", "");
  activity.created_ms = json->value("created_ms", int64_t{0});
  activity.settings = json->value("settings", Json::object());
  return activity;
}

// arn:aws:states:REGION:ACCOUNT:activity:NAME
std::string name_in(const engine::Arn& arn) { return arn.rest.substr(arn.rest.find(':') + 1); }

Error does_not_exist(const std::string& arn) {
  return {ErrorKind::not_found, "ActivityDoesNotExist", "Activity Does Not Exist: '" + arn + "'"};
}

}  // namespace

Activities::Activities(const Clock& clock, Runner& timers, engine::DocumentWriter& writer)
    : clock_(clock), timers_(timers), documents_("activity", writer) {}

Result<> Activities::load(engine::Store& store) { return documents_.load(store); }

void Activities::create(Activity activity, Done<Activity> done) {
  if (const auto known = find(activity.arn)) return done(*known);
  activity.created_ms = clock_.now_ms();
  const std::string json = to_document(activity);
  documents_.put(activity.tenant, activity.name, json, 0, [this, activity, done](auto written) {
    // Somebody else was faster: what they made is there by now.
    const auto known = written ? std::optional(activity) : find(activity.arn);
    known ? done(*known) : done(written.error());
  });
}

void Activities::update(Activity activity, Done<Activity> done) {
  const std::string json = to_document(activity);
  documents_.put(activity.tenant, activity.name, json, std::nullopt,
                 [activity, done](Result<int64_t> written) {
                   written ? done(activity) : done(written.error());
                 });
}

void Activities::remove(const std::string& arn, Done<Activity> done) {
  const auto known = find(arn);
  if (!known) return done(Activity{});
  documents_.remove(known->tenant, known->name, std::nullopt,
                    [activity = *known, done](Result<int64_t> removed) {
                      removed ? done(activity) : done(removed.error());
                    });
}

std::optional<Activity> Activities::find(const std::string& arn) const {
  const engine::Arn parts = engine::parse_arn(arn);
  return from_document(documents_.find({parts.account, parts.region}, name_in(parts)));
}

std::vector<Activity> Activities::list(const engine::Tenant& tenant) const {
  std::vector<Activity> activities;
  for (const engine::Document& document : documents_.list(tenant)) {
    if (auto activity = from_document(document)) activities.push_back(std::move(*activity));
  }
  return activities;
}

bool Activities::serves(const asl::TaskResource& resource) const {
  return resource.family == asl::TaskResource::Family::activity;
}

std::optional<std::string> Activities::refusal(const asl::TaskResource& resource) const {
  if (find(resource.arn)) return std::nullopt;
  return "The activity " + resource.arn + " does not exist.";
}

void Activities::next_task(const std::string& arn, std::string worker_name,
                           Done<ActivityTask> done) {
  if (!find(arn)) return done(does_not_exist(arn));
  const int64_t until_ms = clock_.now_ms() + poll_ms;
  auto poll = std::make_shared<Poll>(Poll{std::move(worker_name), until_ms, std::move(done)});
  std::vector<std::function<void()>> after;
  {
    std::unique_lock lock(mutex_);
    auto& polls = waiting_[arn].polls;
    if (polls.size() >= max_polls) {
      lock.unlock();
      return poll->done(
          Error{ErrorKind::throttled, "ActivityWorkerLimitExceeded",
                "The maximum number of workers concurrently polling for activity tasks has been "
                "reached."});
    }
    polls.push_back(poll);
    match_locked(arn, after);
  }
  for (const auto& act : after) act();
  timers_.run_at(until_ms, [this, arn, poll] { give_up(arn, poll); });
}

void Activities::dispatch(engine::TaskRequest request) {
  std::vector<std::function<void()>> after;
  {
    const std::lock_guard lock(mutex_);
    const std::string arn = request.resource.arn;
    auto& tasks = waiting_[arn].tasks;
    tasks.push_back(std::move(request));
    tasks_.insert_or_assign(tasks.back().attempt, std::prev(tasks.end()));
    match_locked(arn, after);
  }
  for (const auto& act : after) act();
}

// The engine learns of the worker first; the worker of the task when that is durable (`go`).
void Activities::match_locked(const std::string& arn, std::vector<std::function<void()>>& after) {
  Waiting& waiting = waiting_[arn];
  while (!waiting.tasks.empty() && !waiting.polls.empty()) {
    Promised promised{std::move(waiting.tasks.front()), waiting.polls.front()};
    waiting.tasks.pop_front();
    waiting.polls.pop_front();
    const engine::AttemptId attempt = promised.request.attempt;
    tasks_.erase(attempt);
    after.push_back([this, attempt, worker = promised.poll->worker_name] {
      answers_->answer(attempt, engine::answer::Ready{"", worker});
    });
    promised_.insert_or_assign(attempt, std::move(promised));
  }
  if (waiting.tasks.empty() && waiting.polls.empty()) waiting_.erase(arn);
}

void Activities::go(const engine::AttemptId& attempt) {
  std::optional<Promised> promised;
  {
    const std::lock_guard lock(mutex_);
    const auto found = promised_.find(attempt);
    if (found == promised_.end()) return;
    promised = std::move(found->second);
    promised_.erase(found);
  }
  const engine::TaskRequest& request = promised->request;
  promised->poll->done(ActivityTask{request.task_token, std::string(request.parameters.text())});
}

bool Activities::withdraw_locked(const engine::AttemptId& attempt) {
  const auto found = tasks_.find(attempt);
  if (found == tasks_.end()) return false;
  const std::string arn = found->second->resource.arn;
  Waiting& waiting = waiting_[arn];
  waiting.tasks.erase(found->second);
  tasks_.erase(found);
  if (waiting.tasks.empty() && waiting.polls.empty()) waiting_.erase(arn);
  return true;
}

// A worker that was promised the task waits for the next one, as long as it would have.
void Activities::cancel(const engine::AttemptId& attempt) {
  std::vector<std::function<void()>> after;
  {
    const std::lock_guard lock(mutex_);
    if (withdraw_locked(attempt)) return;
    const auto found = promised_.find(attempt);
    if (found == promised_.end()) return;
    const Promised promised = std::move(found->second);
    promised_.erase(found);
    const std::string& arn = promised.request.resource.arn;
    if (promised.poll->until_ms > clock_.now_ms()) {
      waiting_[arn].polls.push_front(promised.poll);
      match_locked(arn, after);
    } else {
      after.push_back([poll = promised.poll] { poll->done(ActivityTask{}); });
    }
  }
  for (const auto& act : after) act();
}

void Activities::give_up(const std::string& arn, const std::shared_ptr<Poll>& poll) {
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = waiting_.find(arn);
    if (waiting == waiting_.end()) return;
    auto& polls = waiting->second.polls;
    const auto found = std::find(polls.begin(), polls.end(), poll);
    if (found == polls.end()) return;
    polls.erase(found);
    if (polls.empty() && waiting->second.tasks.empty()) waiting_.erase(waiting);
  }
  poll->done(ActivityTask{});
}

}  // namespace perdure::executors
