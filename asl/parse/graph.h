#pragma once
// States and the transitions between them: the whole machine, a branch, an item processor.

#include <memory>
#include <string>
#include <vector>

#include "asl/machine.h"
#include "asl/parse/object_reader.h"

namespace perdure::asl {

// A field that names the state to go on with.
struct Transition {
  std::string target;
  Location at;
};

// One state while it is read.
struct StateScope {
  ObjectReader fields;
  std::vector<Transition> transitions;
  // Next and End were read and make sense, and so does the type: the way on is known.
  bool complete = true;
  bool terminal = false;

  ParseContext& context() const { return fields.context(); }
};

// Reads StartAt and States of `reader`. Always gives a graph, as far as it can be understood.
// `whole_machine`: it must be able to end; branches need not, says AWS.
StateGraph read_graph(const ObjectReader& reader, bool whole_machine);

// The target in `field` of `reader` (the state itself, a catcher or a rule), noted in `scope`.
std::string read_transition(StateScope& scope, const ObjectReader& reader, std::string_view field);

// A graph inside a state: checks the nesting, then read_graph.
std::shared_ptr<const StateGraph> read_nested_graph(const ObjectReader& reader);

// The language of the object at `value` that may have a QueryLanguage of its own.
QueryLanguage read_query_language(const Value& value, const Location& at, QueryLanguage inherited,
                                  ParseContext& context);

// Reports what the transitions between the states of one graph get wrong.
struct GraphOutline {
  struct Node {
    std::string name;
    Location at;
    std::vector<Transition> transitions;
    bool terminal = false;
  };
  std::vector<Transition> start;  // StartAt, if there is one
  std::vector<Node> nodes;
  bool complete = true;  // false: some transitions are unknown, reachability cannot be told
  bool must_end = false;
};
void check_transitions(const GraphOutline& outline, Diagnostics& diagnostics);

}  // namespace perdure::asl
