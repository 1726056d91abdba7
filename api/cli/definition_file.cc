#include "api/cli/definition_file.h"

#include <algorithm>

#include "api/cli/terminal.h"
#include "asl/lint/lint.h"
#include "asl/value/value.h"
#include "engine/keys.h"

namespace perdure::api::cli {

Result<std::string> fill_in_names(const std::string& text, const NameResolver& resolve) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = std::min(text.find("${", at), text.size());
    out += text.substr(at, begin - at);
    if (begin == text.size()) break;
    const size_t end = text.find('}', begin);
    const std::string inner =
        end == std::string::npos ? "" : text.substr(begin + 2, end - begin - 2);
    const size_t colon = inner.find(':');
    const std::string kind = inner.substr(0, colon);
    if (colon == std::string::npos || (kind != "FunctionArn" && kind != "StateMachineArn")) {
      out += "${";
      at = begin + 2;
      continue;
    }
    PD_TRY(arn, resolve(kind, inner.substr(colon + 1)));
    out += arn;
    at = end + 1;
  }
  return out;
}

std::string local_arn(const std::string& kind, const std::string& name) {
  const engine::Tenant tenant;
  if (kind == "StateMachineArn") return engine::state_machine_arn(tenant, name);
  return "arn:aws:lambda:" + tenant.region + ":" + tenant.account + ":function:" + name;
}

std::optional<TextPosition> DefinitionFile::position(const asl::Diagnostic& diagnostic) const {
  if (source.is_yaml()) return source.position(diagnostic.location);
  return asl::position_of(diagnostic, text);
}

Result<DefinitionFile> read_definition_file(const std::string& path) {
  PD_TRY(source, SourceFile::read(path));
  PD_TRY(text, fill_in_names(source.json(), [](const std::string& kind, const std::string& name) {
           return Result<std::string>(local_arn(kind, name));
         }));
  return DefinitionFile{std::move(source), std::move(text)};
}

std::string diagnostic_line(const DefinitionFile& file, const asl::Diagnostic& diagnostic,
                            bool colour) {
  const bool error = diagnostic.severity == asl::Diagnostic::Severity::error;
  std::string line = printable(file.source.path());
  if (const auto at = file.position(diagnostic)) {
    line += ":" + std::to_string(at->line) + ":" + std::to_string(at->column);
  }
  // Where JSON breaks off, the parser's own words quote the text; the place says it better.
  const bool is_pointer = diagnostic.location.starts_with('/');
  return line + printable(is_pointer ? " " + diagnostic.location : "") + ": " +
         paint(error ? "error" : "warning", error ? Colour::red : Colour::yellow, colour) + ": " +
         printable(asl::without_location(diagnostic.message)) + " [" + diagnostic.code + "]\n";
}

}  // namespace perdure::api::cli
