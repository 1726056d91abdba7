// lint: what CreateStateMachine would say about definitions, without a server.

#include "asl/lint/lint.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "api/cli/input_text.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/files.h"
#include "base/json.h"

namespace perdure::api::cli {

namespace {

bool is_error(const asl::Diagnostic& diagnostic) {
  return diagnostic.severity == asl::Diagnostic::Severity::error;
}

// "FILE:LINE:COLUMN /States/X/Next: error: ... [CODE]"
std::string diagnostic_line(const std::string& file, const asl::Diagnostic& diagnostic,
                            std::optional<asl::TextPosition> position, bool colour) {
  const bool error = is_error(diagnostic);
  std::string line = printable(file);
  if (position) {
    line += ":" + std::to_string(position->line) + ":" + std::to_string(position->column);
  }
  return line + printable(diagnostic.location.empty() ? "" : " " + diagnostic.location) + ": " +
         paint(error ? "error" : "warning", error ? Colour::red : Colour::yellow, colour) + ": " +
         printable(diagnostic.message) + " [" + diagnostic.code + "]\n";
}

Json diagnostic_json(const std::string& file, const asl::Diagnostic& diagnostic,
                     std::optional<asl::TextPosition> position) {
  Json json = {{"file", file},
               {"severity", is_error(diagnostic) ? "ERROR" : "WARNING"},
               {"code", diagnostic.code},
               {"message", diagnostic.message},
               {"location", diagnostic.location}};
  if (position) {
    json["line"] = position->line;
    json["column"] = position->column;
  }
  return json;
}

int lint_file(const std::string& file, asl::MachineType type, bool json) {
  auto text = file == "-" ? Result<std::string>(read_stdin()) : read_file(file, 16 << 20);
  if (!text) return complain(text.error());
  const asl::ParseOutcome outcome = asl::parse_definition(*text, type);
  const bool colour = has_colour(STDOUT_FILENO);
  for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
    const auto position = asl::position_of(diagnostic, *text);
    write_out(json ? dump_json(diagnostic_json(file, diagnostic, position)) + "\n"
                   : diagnostic_line(file, diagnostic, position, colour));
  }
  if (outcome.ok() && !json) write_err(printable(file) + ": ok\n");
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
