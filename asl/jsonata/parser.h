#pragma once
// Text to tree: operator precedence first, then the reference's shape.

#include <string_view>

#include "asl/jsonata/fault.h"
#include "asl/jsonata/node.h"

namespace perdure::asl::jsonata {

// The nesting of the tree beyond which an expression is refused (D1011); keeps every walk over it
// within the stack.
constexpr uint32_t max_tree_height = 2000;

// Reads `text`, which must live as long as the program, into its nodes. Faults S...; positions are
// in bytes.
Outcome<Node*> parse(std::string_view text, Program& program);

// Makes the program of a text: its tree, and the functions its symbols mean. Positions of faults
// are in UTF-16 units. The program's symbols may have some from before, which keep their numbers.
Outcome<bool> compile_into(Program& program, std::string text, Mode mode);

// The second half: paths with their steps, groups, predicates and parents.
Outcome<Node*> shape(Node* parsed, Program& program);

}  // namespace perdure::asl::jsonata
