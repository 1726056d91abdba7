#pragma once
// A compiled path: the steps it takes, in the shape of Jayway 2.0.0's tokens, because its errors
// and quirks follow that shape.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "asl/jsonpath/regex.h"

namespace perdure::asl::jsonpath {

struct Compiled;

// One side of a comparison in a filter: a path, a regular expression, or a text (numbers and words
// too: what they mean depends on the other side).
struct Operand {
  std::shared_ptr<const Compiled> path;
  std::shared_ptr<const Regex> regex;
  std::string text;
};

struct Criterion {
  enum class Operator : uint8_t {
    exists,
    missing,
    equal,
    not_equal,
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    matches
  };
  Operator op = Operator::exists;
  Operand left;
  Operand right;
};

// Criteria joined by && and ||, of which && binds closer. They are judged from the last to the
// first, which shows where one of them fails.
struct Filter {
  std::vector<Criterion> criteria;
  std::vector<bool> and_joined;  // and_joined[i]: between criteria i and i + 1 stands &&
};

struct Token {
  enum class Kind : uint8_t {
    names,          // ['a'] or ['a','b'], the latter yields an object
    indexes,        // [0] or [0,1]
    from_end,       // [(@.length-1)]: numbers[0] is -1
    slice_from,     // [1:]
    slice_to,       // [:1]
    slice_between,  // [1:2]
    wildcard,
    scan,  // ..
    filter,
  };
  Kind kind;
  std::vector<std::string> names;
  std::vector<int32_t> numbers;
  std::shared_ptr<const Filter> filter;
  // Whether everything from this token to the end selects at most one value.
  bool rest_definite = false;
  // Whether an absent object member here is an error rather than no match: Jayway asks the token
  // before, so that the part behind counts too.
  bool missing_is_error = false;

  bool definite() const {
    return kind == Kind::names || kind == Kind::from_end ||
           (kind == Kind::indexes && numbers.size() == 1);
  }
  std::string fragment() const;  // "['a']", "[0]", "[?]", as messages show it
};

struct Compiled {
  std::string text;
  bool on_item = false;  // begins with @: reads the item that a filter looks at
  bool definite = true;
  bool simple = true;         // single names and indexes only
  std::vector<Token> tokens;  // without the root
};

// Error: kind invalid, cause = Jayway's message. `depth` counts filters inside filters.
Result<std::shared_ptr<const Compiled>> compile(std::string_view text, int depth = 0);

// The filter "[?(...)]". Error as above.
Result<std::shared_ptr<const Filter>> compile_filter(std::string_view text, int depth);

// Java's words for reading past the end of a text.
Error past_the_end(std::string_view text);

}  // namespace perdure::asl::jsonpath
