// lint: what CreateStateMachine would say about definitions, without a server.

#include "asl/lint/lint.h"

#include <unistd.h>

#include <algorithm>

#include "api/cli/definition_file.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/json.h"

namespace perdure::api::cli {

namespace {

Json diagnostic_json(const DefinitionFile& file, const asl::Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == asl::Diagnostic::Severity::error;
  Json json = {{"file", file.source.path()},
               {"severity", error ? "ERROR" : "WARNING"},
               {"code", diagnostic.code},
               {"message", diagnostic.message},
               {"location", diagnostic.location}};
  if (const auto position = file.position(diagnostic)) {
    json["line"] = position->line;
    json["column"] = position->column;
  }
  return json;
}

int lint_file(const std::string& path, asl::MachineType type, bool json) {
  const auto file = read_definition_file(path);
  if (!file) return complain(file.error());
  const asl::ParseOutcome outcome = asl::parse_definition(file->text, type);
  const bool colour = has_colour(STDOUT_FILENO);
  for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
    write_out(json ? dump_json(diagnostic_json(*file, diagnostic)) + "\n"
                   : diagnostic_line(*file, diagnostic, colour));
  }
  if (outcome.ok() && !json) write_err(printable(path) + ": ok\n");
  return outcome.ok() ? ok : failed;
}

}  // namespace

int lint(const LintOptions& options) {
  const auto type =
      options.type == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
  int worst = ok;
  for (const std::string& file : options.files) {
    worst = std::max(worst, lint_file(file, type, options.common.json));
  }
  return worst;
}

}  // namespace perdure::api::cli
