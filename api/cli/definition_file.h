#pragma once
// A definition in a file of its own (NAME.asl.json, NAME.asl.yaml), with the names of a manifest
// filled in.

#include <functional>
#include <optional>
#include <string>

#include "api/cli/source_file.h"
#include "asl/parse/parse.h"

namespace perdure::api::cli {

// What ${KIND:NAME} stands for; the kinds are FunctionArn and StateMachineArn.
using NameResolver =
    std::function<Result<std::string>(const std::string& kind, const std::string& name)>;

// ${FunctionArn:NAME} and ${StateMachineArn:NAME} become ARNs; other ${...} stay.
Result<std::string> fill_in_names(const std::string& text, const NameResolver& resolve);

// The ARN that a name has where no server is asked: of the default account and region.
std::string local_arn(const std::string& kind, const std::string& name);

struct DefinitionFile {
  SourceFile source;
  std::string text;  // JSON, names filled in by local_arn

  std::optional<TextPosition> position(const asl::Diagnostic& diagnostic) const;
};
Result<DefinitionFile> read_definition_file(const std::string& path);

// "FILE:LINE:COLUMN /States/X/Next: error: ... [CODE]" and a newline.
std::string diagnostic_line(const DefinitionFile& file, const asl::Diagnostic& diagnostic,
                            bool colour);

}  // namespace perdure::api::cli
