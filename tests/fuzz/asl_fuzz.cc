// Any bytes as a definition: never a crash, and never silence about what is refused.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/lint/lint.h"
#include "base/result.h"

using namespace perdure::asl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ParseOutcome outcome = parse_definition(text);
  bool any_error = false;
  for (const Diagnostic& diagnostic : outcome.diagnostics) {
    any_error = any_error || diagnostic.severity == Diagnostic::Severity::error;
    PD_ASSERT(!diagnostic.code.empty() && !diagnostic.message.empty());
    PD_ASSERT(diagnostic.offset == Diagnostic::no_offset || diagnostic.offset <= size);
    PD_ASSERT(!format_diagnostic(diagnostic, text, "x").empty());
  }
  PD_ASSERT(outcome.ok() != any_error);
  // What was accepted can be loaded for ever.
  const auto loaded = load_definition(text);
  PD_ASSERT(!outcome.ok() ||
            (loaded && loaded->graph.states.size() == outcome.machine->graph.states.size()));
  return 0;
}
