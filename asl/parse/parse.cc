#include "asl/parse/parse.h"

#include <array>
#include <utility>

#include "asl/parse/duplicates.h"
#include "asl/parse/graph.h"

namespace perdure::asl {
namespace {

constexpr std::array machine_fields = {
    FieldRule{"Comment"}, FieldRule{"StartAt"},        FieldRule{"States"},
    FieldRule{"Version"}, FieldRule{"TimeoutSeconds"}, FieldRule{"QueryLanguage"},
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

StateMachine read_machine(const Value& root, ParseContext& context) {
  static constexpr std::array<std::string_view, 1> versions = {"1.0"};
  const Location at;
  context.machine_language = read_query_language(root, at, QueryLanguage::jsonpath, context);
  const ObjectReader reader(root, at, context.machine_language, context);
  reader.allow(machine_fields);
  reader.word("Version", versions);
  StateMachine machine;
  machine.comment = reader.text("Comment").value_or("");
  machine.timeout_seconds = reader.integer("TimeoutSeconds", {0, 99'999'999});
  machine.graph = read_graph(reader, true);
  machine.variable_references = std::move(context.variable_references);
  return machine;
}

// The machine as far as it can be understood; null if the text is no JSON object.
std::shared_ptr<const StateMachine> read_text(std::string_view text, ParseContext& context) {
  static constexpr const char* no_object = "Definition must be a valid JSON object";
  if (is_blank(text)) {
    context.diagnostics.error_without_location("SCHEMA_VALIDATION_FAILED", no_object);
    return nullptr;
  }
  Arena arena;
  std::vector<DuplicateKey> duplicates;
  const Result<Value> root = parse_json(text, arena, {}, duplicates);
  if (!root) {
    context.diagnostics.invalid_json(root.error().cause, location_of(root.error().cause));
    return nullptr;
  }
  if (!root->is(Kind::object)) {
    context.diagnostics.error_without_location("SCHEMA_VALIDATION_FAILED", no_object);
    return nullptr;
  }
  report_duplicates(*root, duplicates, context.diagnostics);
  return std::make_shared<const StateMachine>(read_machine(*root, context));
}

}  // namespace

ParseOutcome parse_definition(std::string_view text, MachineType type) {
  ParseContext context(text);
  context.machine_type = type;
  ParseOutcome outcome;
  outcome.machine = read_text(text, context);
  outcome.diagnostics = context.diagnostics.take();
  if (context.diagnostics.any_error()) outcome.machine = nullptr;
  return outcome;
}

std::shared_ptr<const StateMachine> load_definition(std::string_view text) {
  ParseContext context(text);
  return read_text(text, context);
}

std::string invalid_definition_message(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Diagnostic::Severity::error) continue;
    if (!out.empty()) out += ", ";
    // AWS prints "null" where there is no location.
    out += diagnostic.code + ": " + diagnostic.message + " at " +
           (diagnostic.location.empty() ? "null" : diagnostic.location);
  }
  return "Invalid State Machine Definition: '" + out + "'";
}

}  // namespace perdure::asl
