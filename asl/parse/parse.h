#pragma once
// Text -> StateMachine. The same code serves CreateStateMachine, ValidateStateMachineDefinition and
// the CLI's `lint`. Everything wrong is reported at once, in AWS's words.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "asl/machine.h"

namespace perdure::asl {

// The code of errors about what AWS accepts and this engine does not run yet. Everything else about
// the definition is right when it is reported.
inline constexpr const char* unsupported_feature = "UNSUPPORTED_FEATURE";

struct Diagnostic {
  enum class Severity : uint8_t { error, warning };
  static constexpr size_t no_offset = SIZE_MAX;

  Severity severity = Severity::error;
  std::string code;           // "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET", ...
  std::string message;        // AWS's text
  std::string location;       // "/States/X/Field"; may be empty
  size_t offset = no_offset;  // of the key it is about, in bytes of the definition
};

enum class MachineType : uint8_t { standard, express };

struct ParseOutcome {
  std::shared_ptr<const StateMachine> machine;  // null if there is any error
  std::vector<Diagnostic> diagnostics;          // errors and warnings, in the order of the text
  bool ok() const { return machine != nullptr; }
};

// Full check: syntax, schema, references. EXPRESS refuses .sync, .waitForTaskToken and activities.
ParseOutcome parse_definition(std::string_view text, MachineType type = MachineType::standard);

// For definitions accepted earlier: rules for creation are not applied, so that what was once
// accepted always loads.
std::shared_ptr<const StateMachine> load_definition(std::string_view text);

// "Invalid State Machine Definition: 'CODE: text at /States/X/Field, ...'": CreateStateMachine's
// message for these diagnostics.
std::string invalid_definition_message(const std::vector<Diagnostic>& diagnostics);

// Taken apart, or nothing if the text is no resource that a Task can have.
std::optional<TaskResource> parse_resource(std::string_view arn);

}  // namespace perdure::asl
