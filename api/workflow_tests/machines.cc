#include "api/workflow_tests/machines.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <utility>

#include "api/cli/manifest.h"
#include "base/files.h"

namespace perdure::api::workflow_tests {
namespace {

constexpr std::string_view endings[] = {".asl.json", ".asl.yaml", ".asl.yml"};

asl::MachineType type_named(std::string_view type) {
  return type == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
}

std::string definition_stem(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending : endings) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return std::string(name.substr(0, name.size() - ending.size()));
    }
  }
  return std::string(name.substr(0, name.find('.')));
}

bool has_definition_name(std::string_view name) {
  return std::any_of(std::begin(endings), std::end(endings), [&](std::string_view ending) {
    return name.size() > ending.size() && name.ends_with(ending);
  });
}

// "stateMachine:NAME" and then no character of a name.
bool mentions(std::string_view text, const std::string& name) {
  const std::string wanted = "stateMachine:" + name;
  for (size_t at = text.find(wanted); at != std::string_view::npos;
       at = text.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    const char next = end < text.size() ? text[end] : '"';
    if (std::isalnum(static_cast<unsigned char>(next)) == 0 && next != '-' && next != '_')
      return true;
  }
  return false;
}

class Finder {
 public:
  // What the folder has. A folder that is not there has nothing.
  Result<> look_into(const std::string& folder) {
    const std::string manifest_path = folder + "perdure.json";
    if (file_exists(manifest_path)) {
      machines_.files.insert(manifest_path);
      PD_TRY(manifest,
             cli::read_manifest(folder.empty() ? "." : folder.substr(0, folder.size() - 1)));
      for (const cli::ManifestMachine& machine : manifest.machines) {
        if (machine.file.empty()) continue;
        const size_t here = folder.empty() ? std::string_view("./").size() : 0;
        add({machine.name, machine.file.substr(here), machine.type});
      }
    }
    const auto names = list_directory(folder.empty() ? "." : folder);
    if (!names) return {};
    for (const std::string& name : *names) {
      if (has_definition_name(name)) add({definition_stem(name), folder + name, ""});
    }
    return {};
  }

  // The first of a name or a file stays.
  void add(MachineEntry entry) {
    const bool known = std::any_of(known_.begin(), known_.end(), [&](const MachineEntry& other) {
      return other.name == entry.name || other.file == entry.file;
    });
    if (!known) known_.push_back(std::move(entry));
  }

  const MachineEntry* named(const std::string& name) const {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const MachineEntry& entry) { return entry.name == name; });
    return found == known_.end() ? nullptr : &*found;
  }
  const MachineEntry* in_file(const std::string& path) const {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const MachineEntry& entry) { return entry.file == path; });
    return found == known_.end() ? nullptr : &*found;
  }

  Result<> load(const MachineEntry& entry) {
    for (const Machine& machine : machines_.list) {
      if (machine.name == entry.name) return {};
    }
    machines_.files.insert(entry.file);
    PD_TRY(file, cli::read_definition_file(entry.file));
    const auto type = type_named(entry.type);
    const asl::ParseOutcome outcome = asl::parse_definition(file.text, type);
    if (!outcome.ok()) {
      std::string lines;
      for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
        lines += cli::diagnostic_line(file, diagnostic, false);
      }
      if (lines.ends_with('\n')) lines.pop_back();
      return invalid("", lines);
    }
    machines_.list.push_back({entry.name, entry.file, type, std::move(file.text), outcome.machine});
    return {};
  }

  // Those that are mentioned, again and again until no more are.
  Result<Machines> finish() {
    for (size_t i = 0; i < machines_.list.size(); ++i) {
      for (const MachineEntry& entry : known_) {
        if (mentions(machines_.list[i].text, entry.name)) PD_CHECK(load(entry));
      }
    }
    return std::move(machines_);
  }

 private:
  std::vector<MachineEntry> known_;
  Machines machines_;
};

void collect(const asl::StateGraph& graph, std::vector<const asl::State*>& states) {
  for (const auto& [name, state] : graph.states) {
    states.push_back(&state);
    if (const auto* parallel = std::get_if<asl::ParallelState>(&state.kind)) {
      for (const auto& branch : parallel->branches) collect(*branch, states);
    }
    const auto* map = std::get_if<asl::MapState>(&state.kind);
    if (map != nullptr && map->processor != nullptr) collect(*map->processor, states);
  }
}

}  // namespace

Result<Machines> machines_of(const TestFile& file) {
  const std::string& path = file.source.path();
  const std::string folder = folder_of(path);
  Finder finder;
  for (const MachineEntry& machine : file.machines) finder.add(machine);
  PD_CHECK(finder.look_into(folder));
  std::string definition = file.definition;
  const std::string stem = test_file_stem(path);
  for (const std::string_view ending : endings) {
    const std::string beside = folder + stem + std::string(ending);
    if (definition.empty() && !stem.empty() && file_exists(beside)) definition = beside;
  }
  if (definition.empty()) {
    return invalid("", path + ": there is no " + folder + stem +
                           ".asl.json (or .asl.yaml) beside it; say `definition: FILE`");
  }
  const MachineEntry* const known = finder.in_file(definition);
  MachineEntry main =
      known != nullptr ? *known : MachineEntry{definition_stem(definition), definition, ""};
  if (!file.type.empty()) main.type = file.type;
  PD_CHECK(finder.load(main));
  for (const MachineEntry& machine : file.machines) PD_CHECK(finder.load(machine));
  return finder.finish();
}

Result<Machines> machines_named(const std::string& name, const std::vector<std::string>& folders) {
  Finder finder;
  for (const std::string& folder : folders) PD_CHECK(finder.look_into(folder));
  const MachineEntry* const found = finder.named(name);
  if (found == nullptr) {
    return Error{ErrorKind::not_found, "",
                 "no definition of the state machine " + name + " was found: " + name +
                     ".asl.json, .asl.yaml, or one that perdure.json names so"};
  }
  PD_CHECK(finder.load(MachineEntry(*found)));
  return finder.finish();
}

std::vector<const asl::State*> all_states(const asl::StateMachine& machine) {
  std::vector<const asl::State*> states;
  collect(machine.graph, states);
  return states;
}

std::optional<std::string> complaint_about_state(const Machines& machines, const std::string& key,
                                                 bool must_be_task) {
  for (const Machine& machine : machines.list) {
    for (const asl::State* state : all_states(*machine.parsed)) {
      if (key != state->name && key != machine.name + "/" + state->name) continue;
      if (!must_be_task || std::holds_alternative<asl::TaskState>(state->kind)) return std::nullopt;
      return "the state `" + key + "` is no Task: only tasks are mocked";
    }
  }
  return "no state is called `" + key + "`";
}

}  // namespace perdure::api::workflow_tests
