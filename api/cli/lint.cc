// lint: what CreateStateMachine would say about definitions, without a server.

#include <unistd.h>

#include "api/cli/input_text.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "asl/parse/parse.h"
#include "base/files.h"
#include "base/json.h"

namespace perdure::api::cli {

namespace {

bool is_error(const asl::Diagnostic& diagnostic) {
  return diagnostic.severity == asl::Diagnostic::Severity::error;
}

std::string diagnostic_line(const std::string& file, const asl::Diagnostic& diagnostic,
                            bool colour) {
  const bool error = is_error(diagnostic);
  return printable(file) + printable(diagnostic.location.empty() ? "" : " " + diagnostic.location) +
         ": " + paint(error ? "error" : "warning", error ? Colour::red : Colour::yellow, colour) +
         ": " + printable(diagnostic.message) + " [" + diagnostic.code + "]\n";
}

Json diagnostic_json(const std::string& file, const asl::Diagnostic& diagnostic) {
  return {{"file", file},
          {"severity", is_error(diagnostic) ? "ERROR" : "WARNING"},
          {"code", diagnostic.code},
          {"message", diagnostic.message},
          {"location", diagnostic.location}};
}

int lint_file(const std::string& file, asl::MachineType type, bool json) {
  auto text = file == "-" ? Result<std::string>(read_stdin()) : read_file(file, 16 << 20);
  if (!text) return complain(text.error());
  const asl::ParseOutcome outcome = asl::parse_definition(*text, type);
  const bool colour = has_colour(STDOUT_FILENO);
  for (const asl::Diagnostic& diagnostic : outcome.diagnostics) {
    write_out(json ? dump_json(diagnostic_json(file, diagnostic)) + "\n"
                   : diagnostic_line(file, diagnostic, colour));
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
