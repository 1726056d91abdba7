#pragma once
// Log groups that somebody has created, with their streams: durable, unlike the lines in them
// (engine/logs.h). Functions write to groups that nobody has created; those are known by their
// lines only.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "engine/catalog/documents.h"
#include "engine/logs.h"

namespace perdure::engine {

struct LogGroup {
  std::string name;
  int64_t created_ms = 0;      // 0: known by its lines only
  int64_t retention_days = 0;  // 0: for ever
  std::map<std::string, std::string> tags{};
  Json shown = Json::object();  // what else it was created with: its class, its key
};

struct LogStream {
  std::string name;
  int64_t created_ms = 0;
};

Error no_log_group();

// Safe from any thread. Writes complete once durable. Errors are those of CloudWatch Logs.
class LogGroups {
 public:
  using Done = std::function<void(Result<>)>;

  // All outlive the object.
  LogGroups(Logs& logs, DocumentWriter& writer, const Clock& clock);
  Result<> load(Store& store);

  // Whether it has been created; never blocks.
  bool created(const Tenant& tenant, std::string_view name) const;
  // Whether it has been created or has lines.
  bool exists(const Tenant& tenant, std::string_view name) const;
  std::optional<LogGroup> find(const Tenant& tenant, std::string_view name) const;
  std::vector<LogGroup> list(const Tenant& tenant) const;  // by name

  // `group.created_ms` is filled in.
  void create(const Tenant& tenant, LogGroup group, Done done);
  // One that is known by its lines only becomes one that has been created.
  void change(const Tenant& tenant, const std::string& name,
              const std::function<Result<>(LogGroup&)>& change, Done done);
  void set_retention(const Tenant& tenant, const std::string& name, int64_t days, Done done);
  // Lines of before that moment (UTC) are past the group's retention; 0: none are.
  int64_t oldest_ms(const Tenant& tenant, std::string_view name) const;
  std::vector<std::pair<Tenant, std::string>> with_retention() const;
  // With its streams and lines.
  void remove(const Tenant& tenant, const std::string& name, Done done);

  bool has_stream(const Tenant& tenant, const std::string& group, const std::string& name) const;
  std::vector<LogStream> streams(const Tenant& tenant, const std::string& group) const;  // by name
  void create_stream(const Tenant& tenant, const std::string& group, const std::string& name,
                     Done done);
  // With its lines.
  void remove_stream(const Tenant& tenant, const std::string& group, const std::string& name,
                     Done done);

 private:
  Logs& logs_;
  const Clock& clock_;
  Documents groups_;
  Documents streams_;  // "GROUP:STREAM": neither has a colon
};

}  // namespace perdure::engine
