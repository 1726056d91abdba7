#pragma once
// Short forms for tests of the parser: a definition in, its diagnostics out as one text a line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "asl/parse/parse.h"

namespace perdure::asl {

// "CODE: message at location", as CreateStateMachine shows it.
inline std::vector<std::string> lines(const std::vector<Diagnostic>& diagnostics,
                                      Diagnostic::Severity severity) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics) {
    if (d.severity != severity) continue;
    out.push_back(d.code + ": " + d.message + " at " + (d.location.empty() ? "null" : d.location));
  }
  return out;
}

inline std::vector<std::string> errors_of(const std::string& definition,
                                          MachineType type = MachineType::standard) {
  return lines(parse_definition(definition, type).diagnostics, Diagnostic::Severity::error);
}

inline std::vector<std::string> warnings_of(const std::string& definition) {
  return lines(parse_definition(definition).diagnostics, Diagnostic::Severity::warning);
}

// A machine of one state called X.
inline std::string machine_of(const std::string& state) {
  return R"({"StartAt": "X", "States": {"X": )" + state + "}}";
}

inline std::vector<std::string> errors_of_state(const std::string& state,
                                                MachineType type = MachineType::standard) {
  return errors_of(machine_of(state), type);
}

// The parsed state X of a machine that must be right.
template <class Kind>
Kind parsed(const std::string& definition) {
  const ParseOutcome outcome = parse_definition(definition);
  EXPECT_TRUE(outcome.ok()) << invalid_definition_message(outcome.diagnostics);
  if (!outcome.ok()) return {};
  const State* state = outcome.machine->graph.find("X");
  EXPECT_NE(state, nullptr);
  const Kind* kind = state ? std::get_if<Kind>(&state->kind) : nullptr;
  EXPECT_NE(kind, nullptr) << "X is of another type";
  if (!kind) return {};
  // ChoiceState cannot be copied; the machine owns it and dies here, so it is moved out.
  return std::move(const_cast<Kind&>(*kind));
}

inline std::string schema(const std::string& message, const std::string& location) {
  return "SCHEMA_VALIDATION_FAILED: " + message + " at " + location;
}

using testing::ElementsAre;
using testing::IsEmpty;

}  // namespace perdure::asl
