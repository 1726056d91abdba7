#pragma once
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "asl/states/common.h"

namespace perdure::asl {

enum class Comparison : uint8_t {
  string_equals,
  string_less_than,
  string_greater_than,
  string_less_than_equals,
  string_greater_than_equals,
  string_matches,
  numeric_equals,
  numeric_less_than,
  numeric_greater_than,
  numeric_less_than_equals,
  numeric_greater_than_equals,
  boolean_equals,
  timestamp_equals,
  timestamp_less_than,
  timestamp_greater_than,
  timestamp_less_than_equals,
  timestamp_greater_than_equals,
  is_null,
  is_present,
  is_numeric,
  is_string,
  is_boolean,
  is_timestamp,
};

// One comparison of a Choice rule, or rules combined.
struct ChoiceTest {
  struct Compare {
    PathExpression variable;
    Comparison comparison;
    // The other side: a path (the operators that end in "Path"), or the literal, compact JSON.
    std::optional<PathExpression> path;
    std::string literal_json;
  };
  struct And {
    std::vector<ChoiceTest> tests;
  };
  struct Or {
    std::vector<ChoiceTest> tests;
  };
  struct Not {
    std::unique_ptr<ChoiceTest> test;
  };
  std::variant<Compare, And, Or, Not, Query> test;  // Query: the Condition of a JSONata rule
};

struct ChoiceRule {
  ChoiceTest test;
  std::string next;
  std::optional<Query> output;  // JSONata
  std::optional<Fillable> assign;
};

struct ChoiceState {
  std::vector<ChoiceRule> rules;
  std::string default_next;  // empty: none, States.NoChoiceMatched; the state's own Assign is its
};

}  // namespace perdure::asl
