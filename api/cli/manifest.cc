#include "api/cli/manifest.h"

#include <algorithm>
#include <utility>

#include "api/cli/source_file.h"
#include "base/files.h"
#include "base/time.h"

namespace perdure::api::cli {

namespace {

// Reads the members of one entry; what has not been asked for at the end is unknown.
class Entry {
 public:
  Entry(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  Error wrong(const std::string& what) const {
    return invalid("", "perdure.json: " + where_ + " " + what);
  }

  const Json* find(const char* name) {
    known_.emplace_back(name);
    const auto member = json_.find(name);
    return member == json_.end() ? nullptr : &*member;
  }
  std::string text(const char* name, bool needed, std::string otherwise = {}) {
    const Json* member = find(name);
    if (member == nullptr && !needed) return otherwise;
    if (member != nullptr && member->is_string()) return member->get<std::string>();
    fail(std::string("needs `") + name + "`, a text");
    return {};
  }
  int64_t whole(const char* name, int64_t otherwise) {
    const Json* member = find(name);
    if (member == nullptr) return otherwise;
    if (member->is_number_integer()) return member->get<int64_t>();
    fail(std::string("`") + name + "` must be a whole number");
    return 0;
  }
  bool flag(const char* name, bool otherwise) {
    const Json* member = find(name);
    if (member == nullptr) return otherwise;
    if (member->is_boolean()) return member->get<bool>();
    fail(std::string("`") + name + "` must be true or false");
    return false;
  }
  void fail(const std::string& what) {
    if (!error_) error_ = wrong(what);
  }
  Result<> finish() {
    for (const auto& [name, value] : json_.items()) {
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        fail("has an unknown field `" + name + "`");
      }
    }
    if (error_) return *error_;
    return {};
  }

 private:
  const Json& json_;
  std::string where_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

// A path of the manifest stays in its folder.
Result<std::string> inside(const std::string& folder, const std::string& path, const Entry& entry) {
  const std::string framed = "/" + path + "/";
  if (path.empty() || path.starts_with('/') || framed.find("/../") != std::string::npos) {
    return entry.wrong("names the path `" + path + "`, which leaves the folder");
  }
  return folder + "/" + path;
}

std::map<std::string, std::string> read_environment(Entry& entry) {
  std::map<std::string, std::string> environment;
  const Json* given = entry.find("environment");
  if (given == nullptr) return environment;
  if (!given->is_object()) entry.fail("`environment` must be an object of texts");
  for (const auto& [name, value] : given->items()) {
    if (!value.is_string()) {
      entry.fail("`environment` must be an object of texts");
      break;
    }
    environment[name] = value.get<std::string>();
  }
  return environment;
}

Result<ManifestFunction> read_function(const Json& json, const std::string& folder,
                                       const std::string& where) {
  Entry entry(json, where);
  ManifestFunction function;
  function.name = entry.text("name", true);
  function.runtime = entry.text("runtime", true);
  function.handler = entry.text("handler", true);
  const std::string path = entry.text("folder", true);
  function.timeout_s = entry.whole("timeout", 3);
  function.memory_mib = entry.whole("memory", 128);
  function.description = entry.text("description", false);
  function.environment = read_environment(entry);
  PD_CHECK(entry.finish());
  PD_TRY(full, inside(folder, path, entry));
  function.folder = std::move(full);
  return function;
}

Result<ManifestMachine> read_machine(const Json& json, const std::string& folder,
                                     const std::string& where) {
  Entry entry(json, where);
  ManifestMachine machine;
  machine.name = entry.text("name", true);
  machine.type = entry.text("type", false, "STANDARD");
  const Json* definition = entry.find("definition");
  PD_CHECK(entry.finish());
  if (definition == nullptr || !(definition->is_string() || definition->is_object())) {
    return entry.wrong("needs `definition`, a file or an object");
  }
  if (definition->is_object()) {
    machine.definition = dump_json(*definition);
    return machine;
  }
  PD_TRY(path, inside(folder, definition->get<std::string>(), entry));
  PD_TRY(file, SourceFile::read(path));
  machine.definition = file.json();
  machine.file = path;
  return machine;
}

std::optional<int64_t> read_moment(Entry& entry, const char* name) {
  if (entry.find(name) == nullptr) return std::nullopt;
  const auto moment = parse_iso8601(entry.text(name, true));
  if (!moment)
    entry.fail(std::string("`") + name + "` must be a moment such as 2026-12-24T18:00:00Z");
  return moment;
}

Result<ManifestSchedule> read_schedule(const Json& json, const std::string& where) {
  Entry entry(json, where);
  ManifestSchedule schedule;
  schedule.name = entry.text("name", true);
  schedule.expression = entry.text("expression", true);
  schedule.state_machine = entry.text("stateMachine", true);
  if (const Json* input = entry.find("input")) schedule.input = dump_json(*input);
  schedule.timezone = entry.text("timezone", false, "UTC");
  schedule.start_ms = read_moment(entry, "start");
  schedule.end_ms = read_moment(entry, "end");
  schedule.enabled = entry.flag("enabled", true);
  PD_CHECK(entry.finish());
  return schedule;
}

template <class Item, class Read>
Result<std::vector<Item>> read_list(const Json& json, const char* name, Read read) {
  std::vector<Item> items;
  const auto list = json.find(name);
  if (list == json.end()) return items;
  if (!list->is_array())
    return invalid("", std::string("perdure.json: `") + name + "` must be a list");
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = std::string(name) + "[" + std::to_string(i) + "]";
    if (!(*list)[i].is_object())
      return invalid("", "perdure.json: " + where + " must be an object");
    PD_TRY(item, read((*list)[i], where));
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

Result<Manifest> read_manifest(const std::string& folder) {
  PD_TRY(text, read_file(folder + "/perdure.json", 16 << 20));
  auto json = parse_json(text);
  if (!json) return invalid("", "perdure.json: " + json.error().cause);
  if (!json->is_object()) return invalid("", "perdure.json must be an object");
  for (const auto& [name, value] : json->items()) {
    if (name != "functions" && name != "stateMachines" && name != "schedules") {
      return invalid("", "perdure.json has an unknown field `" + name + "`");
    }
  }
  Manifest manifest;
  PD_TRY(functions,
         read_list<ManifestFunction>(*json, "functions", [&](const Json& j, const auto& w) {
           return read_function(j, folder, w);
         }));
  PD_TRY(machines,
         read_list<ManifestMachine>(*json, "stateMachines", [&](const Json& j, const auto& w) {
           return read_machine(j, folder, w);
         }));
  PD_TRY(schedules, read_list<ManifestSchedule>(*json, "schedules", &read_schedule));
  manifest.functions = std::move(functions);
  manifest.machines = std::move(machines);
  manifest.schedules = std::move(schedules);
  return manifest;
}

}  // namespace perdure::api::cli
