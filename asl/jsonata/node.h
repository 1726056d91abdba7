#pragma once
// The tree of an expression. It has the reference's shape, because depth is counted by its nodes
// and the positions in errors are theirs.

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "asl/jsonata/builtin.h"
#include "asl/jsonata/expression.h"
#include "asl/jsonata/text/regex.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonata {

// A name of a variable, or of what a path carries along beside its items. 0: none.
using Symbol = uint32_t;
constexpr Symbol context_symbol = 1;  // `$`
constexpr Symbol root_symbol = 2;     // `$$`

class Symbols {
 public:
  Symbols();
  // With the numbers that they have in `before`.
  explicit Symbols(const Symbols& before);
  Symbols& operator=(const Symbols&) = delete;
  Symbol intern(std::string_view name);
  Symbol find(std::string_view name) const;  // 0 for a name that does not occur
  const std::string& name(Symbol symbol) const { return names_[symbol]; }
  size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, Symbol> ids_;
};

struct Node;

// Where a `%` finds its parent: the step `level` steps up keeps what it was given under `label`.
struct Slot {
  Symbol label;
  int level = 1;
  size_t index;  // among all slots of the expression
};

struct Pair {
  Node* key;
  Node* value;
};

struct Group {
  std::vector<Pair> pairs;
  uint32_t position;
};

struct Term {  // of an order-by
  Node* expression;
  bool descending;
};

// `[...]` behind a step, or `#$i` behind that.
struct Stage {
  Node* filter;  // null for an index
  Symbol index;
  uint32_t position;
};

enum class NodeType : uint8_t {
  end,  // nothing where an operand should be
  path,
  name,
  string,
  number,
  value,
  wildcard,
  descendant,
  parent,
  variable,
  regex,
  binary,
  bind,
  apply,
  negate,
  array,
  object,
  block,
  condition,
  coalesce,  // ??
  elvis,     // ?:
  function,
  partial,
  lambda,
  transform,
  sort,
  placeholder,  // `?` among the arguments of a partial application
  // Only between parser and shaping:
  dot,
  predicate,
  group,
  order,
  focus,
  index,
};

enum class Operator : uint8_t {
  none,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  concatenate,
  logical_and,
  logical_or,
  contained,
  range,
};

struct Node {
  NodeType type = NodeType::end;
  Operator op = Operator::none;
  bool keep_array = false;      // `[]` behind it: one item stays an array
  bool keep_singleton = false;  // of a path, one of whose steps has `[]`
  bool cons_array = false;      // an array in brackets that a path must not flatten
  bool tuple = false;           // a step that carries bindings beside its items
  bool tail = false;            // a call that is the last thing a lambda does
  bool plain = true;            // no predicate, group or `[]`
  uint32_t position = 0;        // behind its token, in bytes
  uint32_t height = 1;          // of the tree below
  std::string_view text;        // a name, a variable's name, the token of an operator
  Symbol symbol = 0;            // of a variable
  Value literal;
  // Operands; condition, then, else; pattern, update, delete; procedure or body.
  Node* a = nullptr;
  Node* b = nullptr;
  Node* c = nullptr;
  std::vector<Node*> items;  // steps, items, expressions, arguments
  std::vector<Pair> pairs;
  std::vector<Term> terms;
  std::vector<Stage> predicates;  // applied to what the node yields
  std::vector<Stage> stages;      // applied to what the step yields
  std::unique_ptr<Group> grouping;
  Symbol focus = 0;
  Symbol index = 0;
  Slot* slot = nullptr;               // of a parent
  Slot* ancestor = nullptr;           // the step keeps its parent there
  std::vector<Slot*> seeking_parent;  // slots that no step inside could fill
  std::vector<Symbol> parameters;     // of a lambda
  const Signature* signature = nullptr;
  const text::Regex* regex = nullptr;
};

// A parsed expression and everything its nodes point to.
struct Program {
  Program() = default;
  explicit Program(const Symbols& known) : symbols(known) {}

  std::string text;
  Arena arena;
  Symbols symbols;
  std::deque<Node> nodes;
  std::deque<Slot> slots;
  std::deque<Signature> signatures;
  std::deque<text::Regex> regexes;
  Node* root = nullptr;
  Mode mode = Mode::standard;
  bool has_texts = false;  // strings, to which results may point
  Expression::References references;
  std::vector<Value>
      globals;  // what a symbol means where nothing binds it: a function, mostly none
};

}  // namespace perdure::asl::jsonata
