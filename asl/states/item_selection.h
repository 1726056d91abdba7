#pragma once
// ItemSelector for the items of a map run: what it sees was put down when the run was asked for.

#include <memory>
#include <string>

#include "asl/machine.h"
#include "asl/scope.h"

namespace perdure::asl {

// For one thread at a time. The state outlives it.
class ItemSelection {
 public:
  // `input`: what InputPath gave; `context` and `variables`: objects, as compact JSON; `entered`
  // the id of the state's Entered event. Without an ItemSelector none of them is looked at.
  static Result<std::unique_ptr<ItemSelection>> make(const State& state, Payload input,
                                                     Payload context, Payload variables,
                                                     int64_t entered, Random& random);

  // What stands for the item in a child's input. Errors have the name and the words that the
  // state would fail with.
  Result<Payload> select(int64_t index, const Payload& item, std::string_view key,
                         std::string_view source, int64_t now_ms);

 private:
  ItemSelection(const State& state, int64_t entered, Random& random)
      : state_(state), entered_(entered), random_(random) {}
  Result<Value> evaluate(int64_t index, const Payload& item, std::string_view key,
                         std::string_view source, int64_t now_ms, Arena& arena);

  const State& state_;
  const int64_t entered_;
  Random& random_;
  Arena kept_;  // of what is the same for all items
  Value input_, context_, variables_;
};

// The state of this name, in the graph or in a graph inside one of its states; null if there is
// none.
const State* find_nested_state(const StateGraph& graph, std::string_view name);

}  // namespace perdure::asl
