#pragma once
// JSONata: the language of fields in {% %}. The reference's behaviour (jsonata 2.2.2), and AWS's
// dialect of it.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/builtin.h"
#include "asl/jsonata/fault.h"
#include "asl/jsonata/messages.h"
#include "asl/scope.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonata {

struct Program;

// What an evaluation may use up beside its budget of steps. Whatever breaks a bound fails with code
// U1001, whose message is AWS's.
struct Limits {
  uint32_t depth = 1000;                    // nodes inside nodes being evaluated
  size_t arena_bytes = 24 * 1024 * 1024;    // of everything it makes
  size_t value_bytes = 96 * 1024 * 1024;    // of one text (1 a byte) or array (8 an item)
  const std::atomic<bool>* stop = nullptr;  // set by a watch: ends the evaluation soon
};

// As AWS has measured out its own. A value's bytes as there: 873,782 numbers, or half of 2^23
// characters, but not twice as many.
inline Limits aws_limits() { return {.depth = 100, .value_bytes = 6'990'256}; }

struct Surroundings {
  int64_t now_ms;  // what $now and $millis say, all along
  Random& random;
};

class Expression {
 public:
  // Faults S....
  static Outcome<Expression> compile(std::string_view text, Mode mode);

  // The value of the expression for `input` (`$`; may be undefined) and variables (`$name`; an
  // object, or undefined for none). Undefined where there is none. An object's or array's handle
  // may be the input's own. Numbers are integers where they are whole; results that are no JSON
  // numbers are left to the writer.
  Outcome<Value> evaluate(const Value& input, const Value& bindings,
                          const Surroundings& surroundings, const Limits& limits, Budget& budget,
                          Arena& arena) const;

  const std::string& text() const;

  // What AWS checks when a definition is created, and what an evaluation may ask for.
  struct References {
    // Names at the top level, "$" and "$$", which have nothing to refer to; each once, in order.
    std::vector<std::string> top_level;
    std::vector<std::string> states;     // fields of $states that are read, "input"
    std::vector<std::string> variables;  // without the $; those that the expression does not assign
    std::vector<std::string> read;       // without the $; those that it assigns too
    bool whole_states = false;           // $states is read in other ways than by the fields above
  };
  const References& references() const;

 private:
  std::shared_ptr<const Program> program_;
};

// AWS's words for references that have nothing to refer to (UNSUPPORTED_JSONATA_EXPRESSION).
std::string unsupported_reference(std::string_view name);
std::string unknown_states_field(std::string_view field);

}  // namespace perdure::asl::jsonata
