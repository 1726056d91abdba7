#pragma once
// perdure.json, read and checked (docs/deploy.md).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace perdure::api::cli {

struct ManifestFunction {
  std::string name, runtime, handler, folder, description;  // folder: as a path from here
  int64_t timeout_s = 3;
  int64_t memory_mib = 128;
  std::map<std::string, std::string> environment;
};

struct ManifestMachine {
  std::string name;
  std::string definition;  // the text, before its names are filled in
  std::string file;        // where that stands; empty: in the manifest itself
  std::string type = "STANDARD";
};

struct ManifestSchedule {
  std::string name, expression, state_machine;
  std::string input = "{}";
  std::string timezone = "UTC";
  std::optional<int64_t> start_ms, end_ms;
  bool enabled = true;
};

struct Manifest {
  std::vector<ManifestFunction> functions;
  std::vector<ManifestMachine> machines;
  std::vector<ManifestSchedule> schedules;
};

// Errors name the entry and what is wrong with it.
Result<Manifest> read_manifest(const std::string& folder);

}  // namespace perdure::api::cli
