#include "engine/log_groups.h"

#include <algorithm>
#include <utility>
namespace perdure::engine {
namespace {

constexpr int64_t day_ms = 86'400'000;

Error already_exists(const std::string& what) {
  return {ErrorKind::conflict, "ResourceAlreadyExistsException",
          "The specified log " + what + " already exists"};
}

int64_t number(const Document& document, const char* name) {
  const auto json = parse_json(document.json);
  PD_ASSERT(json.has_value());
  return json->at(name).get<int64_t>();
}

LogGroup group_of(const Document& document) {
  LogGroup group{document.name, number(document, "createdMs"), number(document, "retentionDays")};
  const auto json = parse_json(document.json);
  group.tags = json->value("tags", group.tags);
  group.shown = json->value("shown", group.shown);
  return group;
}

std::string document_of(const LogGroup& group) {
  return dump_json({{"createdMs", group.created_ms},
                    {"retentionDays", group.retention_days},
                    {"tags", group.tags},
                    {"shown", group.shown}});
}

std::function<void(Result<int64_t>)> without_revision(LogGroups::Done done) {
  return [done = std::move(done)](Result<int64_t> revision) {
    if (!revision) return done(std::move(revision).error());
    done({});
  };
}

// A creation: what another has created meanwhile exists.
std::function<void(Result<int64_t>)> created_once(LogGroups::Done done, std::string what) {
  return [done = std::move(done), what = std::move(what)](Result<int64_t> revision) {
    if (revision) return done({});
    const bool other = revision.error().kind == ErrorKind::conflict;
    done(other ? already_exists(what) : revision.error());
  };
}

}  // namespace

Error no_log_group() {
  return {ErrorKind::not_found, "ResourceNotFoundException",
          "The specified log group does not exist."};
}

LogGroups::LogGroups(Logs& logs, DocumentWriter& writer, const Clock& clock)
    : logs_(logs), clock_(clock), groups_("log_group", writer), streams_("log_stream", writer) {}

Result<> LogGroups::load(Store& store) {
  PD_CHECK(groups_.load(store));
  return streams_.load(store);
}

bool LogGroups::created(const Tenant& tenant, std::string_view name) const {
  return groups_.find(tenant, name).has_value();
}

bool LogGroups::exists(const Tenant& tenant, std::string_view name) const {
  if (created(tenant, name)) return true;
  const std::vector<std::string> known = logs_.groups(tenant);
  return std::find(known.begin(), known.end(), name) != known.end();
}

std::optional<LogGroup> LogGroups::find(const Tenant& tenant, std::string_view name) const {
  if (const auto document = groups_.find(tenant, name)) return group_of(*document);
  if (!exists(tenant, name)) return std::nullopt;
  return LogGroup{std::string(name)};
}

std::vector<LogGroup> LogGroups::list(const Tenant& tenant) const {
  std::map<std::string, LogGroup> groups;
  for (const Document& document : groups_.list(tenant)) {
    groups.emplace(document.name, group_of(document));
  }
  for (std::string& name : logs_.groups(tenant)) {
    if (!groups.contains(name)) groups.emplace(name, LogGroup{name});
  }
  std::vector<LogGroup> sorted;
  for (auto& [name, group] : groups) sorted.push_back(std::move(group));
  return sorted;
}

void LogGroups::create(const Tenant& tenant, LogGroup group, Done done) {
  if (exists(tenant, group.name)) return done(already_exists("group"));
  group.created_ms = clock_.now_ms();
  groups_.put(tenant, group.name, document_of(group), 0, created_once(std::move(done), "group"));
}

void LogGroups::change(const Tenant& tenant, const std::string& name,
                       const std::function<Result<>(LogGroup&)>& change, Done done) {
  auto group = find(tenant, name);
  if (!group) return done(no_log_group());
  if (group->created_ms == 0) group->created_ms = clock_.now_ms();
  if (auto changed = change(*group); !changed) return done(std::move(changed));
  groups_.put(tenant, name, document_of(*group), std::nullopt, without_revision(std::move(done)));
}

void LogGroups::set_retention(const Tenant& tenant, const std::string& name, int64_t days,
                              Done done) {
  const auto set = [days](LogGroup& group) -> Result<> {
    group.retention_days = days;
    return {};
  };
  change(tenant, name, set, std::move(done));
}

int64_t LogGroups::oldest_ms(const Tenant& tenant, std::string_view name) const {
  const auto document = groups_.find(tenant, name);
  const int64_t days = document ? group_of(*document).retention_days : 0;
  return days == 0 ? 0 : clock_.now_ms() - days * day_ms;
}

std::vector<std::pair<Tenant, std::string>> LogGroups::with_retention() const {
  std::vector<std::pair<Tenant, std::string>> found;
  for (const Document& document : groups_.all()) {
    if (group_of(document).retention_days > 0) found.emplace_back(document.tenant, document.name);
  }
  return found;
}

void LogGroups::remove(const Tenant& tenant, const std::string& name, Done done) {
  if (!exists(tenant, name)) return done(no_log_group());
  for (const LogStream& stream : streams(tenant, name)) {
    streams_.remove(tenant, name + ":" + stream.name, std::nullopt, [](Result<int64_t>) {});
  }
  groups_.remove(tenant, name, std::nullopt,
                 [this, tenant, name, done = std::move(done)](Result<int64_t> revision) {
                   if (!revision) return done(std::move(revision).error());
                   done(logs_.remove_group(tenant, name));
                 });
}

bool LogGroups::has_stream(const Tenant& tenant, const std::string& group,
                           const std::string& name) const {
  return streams_.find(tenant, group + ":" + name).has_value();
}

std::vector<LogStream> LogGroups::streams(const Tenant& tenant, const std::string& group) const {
  std::vector<LogStream> found;
  const std::string prefix = group + ":";
  for (const Document& document : streams_.list(tenant)) {
    if (!document.name.starts_with(prefix)) continue;
    found.push_back({document.name.substr(prefix.size()), number(document, "createdMs")});
  }
  return found;
}

void LogGroups::create_stream(const Tenant& tenant, const std::string& group,
                              const std::string& name, Done done) {
  if (!exists(tenant, group)) return done(no_log_group());
  streams_.put(tenant, group + ":" + name, dump_json({{"createdMs", clock_.now_ms()}}), 0,
               created_once(std::move(done), "stream"));
}

void LogGroups::remove_stream(const Tenant& tenant, const std::string& group,
                              const std::string& name, Done done) {
  streams_.remove(tenant, group + ":" + name, std::nullopt,
                  [this, tenant, group, name, done = std::move(done)](Result<int64_t> revision) {
                    if (!revision) return done(std::move(revision).error());
                    done(logs_.remove_stream(tenant, group, name));
                  });
}

}  // namespace perdure::engine
