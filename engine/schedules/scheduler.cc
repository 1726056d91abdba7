#include "engine/schedules/scheduler.h"

#include <utility>

#include "base/log.h"
#include "engine/schedules/occurrence.h"
#include "engine/schedules/schedule_document.h"

namespace perdure::engine {
namespace {

constexpr std::string_view default_group = "default";

Error not_found(std::string_view what, std::string_view name) {
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               std::string(what) + " " + std::string(name) + " does not exist."};
}

Error exists_already(std::string_view what, std::string_view name) {
  return Error{ErrorKind::conflict, "ConflictException",
               std::string(what) + " " + std::string(name) + " already exists."};
}

}  // namespace

void Scheduler::PairedWriter::write(DocumentWrite write,
                                    std::function<void(Result<int64_t>)> done) {
  committer_.write_with(std::move(write), std::move(done), std::exchange(append, {}));
}

Scheduler::Scheduler(SchedulerParts parts)
    : parts_(parts),
      writer_(parts.committer),
      documents_("schedule", writer_),
      groups_("schedule_group", parts.committer) {}

Result<> Scheduler::load(Store& store) {
  PD_CHECK(documents_.load(store));
  PD_CHECK(groups_.load(store));
  for (const Document& document : documents_.all()) {
    PD_TRY(schedule, schedule_from(document));
    remember(schedule);
  }
  return {};
}

void Scheduler::remember(const Schedule& schedule) {
  const std::lock_guard lock(mutex_);
  known_[actor_key(schedule.arn)] = {
      schedule.tenant, schedule_document_name(schedule.group, schedule.name), nullptr};
}

void Scheduler::forget(const Schedule& schedule) {
  const std::lock_guard lock(mutex_);
  known_.erase(actor_key(schedule.arn));
}

// Each firing asks several times: what the document says is read once a revision.
std::shared_ptr<const Schedule> Scheduler::known(const ActorKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return nullptr;
  auto& [tenant, name, read] = found->second;
  const auto revision = documents_.revision(tenant, name);
  if (revision && read && read->revision == *revision) return read;
  const auto document = documents_.find(tenant, name);
  if (!document) return nullptr;
  auto schedule = schedule_from(*document);
  if (!schedule) return nullptr;
  return read = std::make_shared<const Schedule>(std::move(*schedule));
}

Result<ScheduleExpression> Scheduler::check(const Schedule& schedule) const {
  if (!has_group(schedule.tenant, schedule.group)) {
    return not_found("Schedule group", schedule.group);
  }
  if (!is_timezone(schedule.timezone)) {
    return invalid("ValidationException",
                   "Invalid Schedule Expression Timezone " + schedule.timezone + ".");
  }
  if (!schedule.target.arn.starts_with("arn:")) {
    return invalid("ValidationException", "Provided Arn is not in correct format.");
  }
  return parse_schedule_expression(schedule.expression);
}

void Scheduler::create(Schedule schedule, Done<Schedule> done) {
  schedule.created_ms = parts_.clock.now_ms();
  if (find(schedule.tenant, schedule.group, schedule.name)) {
    return done(exists_already("Schedule", schedule.name));
  }
  put(std::move(schedule), 0, true, std::move(done));
}

void Scheduler::update(Schedule schedule, Done<Schedule> done) {
  const auto stored = find(schedule.tenant, schedule.group, schedule.name);
  if (!stored) return done(stored.error());
  schedule.created_ms = stored->created_ms;
  put(std::move(schedule), stored->revision, false, std::move(done));
}

void Scheduler::put(Schedule schedule, int64_t expected_revision, bool create,
                    Done<Schedule> done) {
  schedule.arn = schedule_arn(schedule.tenant, schedule.group, schedule.name);
  schedule.modified_ms = parts_.clock.now_ms();
  if (auto expression = check(schedule); !expression) return done(expression.error());
  Append append;
  append.actor = actor_key(schedule.arn);
  append.kind = ActorKind::schedule;
  append.create = create;
  std::optional<int64_t> due;
  if (schedule.enabled) due = next_of(schedule, schedule.modified_ms - 1);
  append.due_ms = due;
  const std::lock_guard lock(write_mutex_);
  writer_.append = std::move(append);
  documents_.put(schedule.tenant, schedule_document_name(schedule.group, schedule.name),
                 to_document_json(schedule), expected_revision,
                 [this, schedule, due, done = std::move(done)](Result<int64_t> revision) mutable {
                   if (!revision) return done(revision.error());
                   schedule.revision = *revision;
                   remember(schedule);
                   if (due) {
                     parts_.timers.armed({actor_key(schedule.arn), ActorKind::schedule, *due});
                   }
                   done(std::move(schedule));
                 });
}

void Scheduler::remove(const Tenant& tenant, std::string group, std::string name, Done<bool> done) {
  const auto stored = find(tenant, group, name);
  if (!stored) return done(stored.error());
  Append append;
  append.actor = actor_key(stored->arn);
  append.kind = ActorKind::schedule;
  append.remove = true;
  const std::lock_guard lock(write_mutex_);
  writer_.append = std::move(append);
  documents_.remove(tenant, schedule_document_name(group, name), std::nullopt,
                    [this, schedule = *stored, done = std::move(done)](Result<int64_t> removed) {
                      if (!removed) return done(removed.error());
                      forget(schedule);
                      done(true);
                    });
}

Result<Schedule> Scheduler::find(const Tenant& tenant, std::string_view group,
                                 std::string_view name) const {
  const auto document = documents_.find(tenant, schedule_document_name(group, name));
  if (!document) return not_found("Schedule", name);
  return schedule_from(*document);
}

std::vector<Schedule> Scheduler::list(const Tenant& tenant, std::string_view group) const {
  std::vector<Schedule> found;
  for (const Document& document : documents_.list(tenant)) {
    auto schedule = schedule_from(document);
    if (schedule && (group.empty() || schedule->group == group)) {
      found.push_back(std::move(*schedule));
    }
  }
  return found;
}

bool Scheduler::has_group(const Tenant& tenant, std::string_view name) const {
  return name == default_group || groups_.find(tenant, name);
}

void Scheduler::create_group(const Tenant& tenant, std::string name, Done<ScheduleGroup> done) {
  if (has_group(tenant, name)) return done(exists_already("Schedule group", name));
  ScheduleGroup group{tenant, name, schedule_group_arn(tenant, name), parts_.clock.now_ms()};
  groups_.put(tenant, name, dump_json({{"created_ms", group.created_ms}}), 0,
              [group, done = std::move(done)](Result<int64_t> revision) {
                if (revision) return done(group);
                done(exists_already("Schedule group", group.name));
              });
}

void Scheduler::remove_group(const Tenant& tenant, std::string name, Done<bool> done) {
  if (name == default_group) {
    return done(invalid("ValidationException", "The default schedule group cannot be deleted."));
  }
  if (!has_group(tenant, name)) return done(not_found("Schedule group", name));
  for (const Schedule& schedule : list(tenant, name)) {
    remove(tenant, name, schedule.name, [](Result<bool>) {});
  }
  groups_.remove(tenant, name, std::nullopt, [done = std::move(done)](Result<int64_t> removed) {
    if (!removed) return done(removed.error());
    done(true);
  });
}

std::vector<ScheduleGroup> Scheduler::groups(const Tenant& tenant) const {
  std::vector<ScheduleGroup> found{
      {tenant, std::string(default_group), schedule_group_arn(tenant, default_group), 0}};
  for (const Document& document : groups_.list(tenant)) {
    const auto json = parse_json(document.json);
    const int64_t created = json ? json->value("created_ms", int64_t{0}) : 0;
    found.push_back({tenant, document.name, schedule_group_arn(tenant, document.name), created});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

}  // namespace perdure::engine
