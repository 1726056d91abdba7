#pragma once
// What a value of kind `function` points to, and the frames that closures hold. All of it lives in
// the arena of the evaluation.

#include <memory>
#include <span>

#include "asl/jsonata/builtin.h"
#include "asl/jsonata/node.h"

namespace perdure::asl::jsonata {

struct Binding {
  Symbol symbol;
  Value value;
  Binding* next;
};

struct Frame {
  Frame* parent;
  Binding* first;
  Binding* shared;  // from here on the bindings belong to a tuple
  bool captured;    // a closure may look at it
};

enum class FunctionType : uint8_t {
  tuple,  // not callable: an item of a tuple stream
  native,
  lambda,
  regex,
  next_match,
  transform,
  partial,
  composed,
};

struct Function {
  FunctionType type;
};

// An item on its way along a path, with what the steps before have bound beside it.
struct Tuple : Function {
  Value item;
  Binding* bindings;
};

struct Native : Function {
  const Builtin* builtin;
};

struct Lambda : Function {
  const Node* body;
  std::span<const Symbol> parameters;
  Value input;
  Frame* frame;
  const Signature* signature;  // null for none
};

struct RegexFunction : Function {
  const text::Regex* regex;
};

// `next` of a match: goes on behind it.
struct NextMatch : Function {
  text::RegexSearch* search;
};

struct Transform : Function {
  const Node* node;
  Frame* frame;
};

// A native function some of whose arguments are known.
struct Partial : Function {
  const Function* target;
  std::span<const Value> arguments;
  std::span<const bool> open;  // which of the arguments are still to come
  size_t arity;
};

struct Composed : Function {
  Value first;
  Value second;
};

inline const Function& function_of(const Value& f) {
  return *static_cast<const Function*>(f.as_function());
}
inline bool is_function(const Value& v) {
  return v.is(Kind::function) && function_of(v).type != FunctionType::tuple;
}
inline Tuple& tuple_of(const Value& v) {
  return *static_cast<Tuple*>(const_cast<void*>(v.as_function()));
}

}  // namespace perdure::asl::jsonata
