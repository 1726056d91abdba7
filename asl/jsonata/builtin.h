#pragma once
// The functions of the language.

#include <cstdint>
#include <span>
#include <string_view>

#include "asl/jsonata/signature.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonata {

class Evaluator;
struct Frame;

struct Call {
  Evaluator& evaluator;
  std::span<const Value> arguments;
  Value input;   // the context
  Frame* frame;  // of the caller

  // The i-th argument, or undefined.
  Value operator[](size_t i) const { return i < arguments.size() ? arguments[i] : Value(); }
};

struct Builtin {
  std::string_view name;       // without the $
  std::string_view signature;  // empty: takes anything
  uint8_t arity;               // how many arguments a higher-order function may pass
  Value (*run)(const Call& call);
};

// In AWS's dialect there are more functions, and $eval is not one.
enum class Mode : uint8_t { standard, aws };

// The function as a value that lives as long as the program; undefined for an unknown name.
Value find_function(std::string_view name, Mode mode);
const Signature* signature_of(const Builtin& builtin);  // null for none

}  // namespace perdure::asl::jsonata
