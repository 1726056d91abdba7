#pragma once
// One evaluation: walks the tree over values of an arena. Everything it makes lives there.
//
// A value with the mark `is_failure` means that fault() says why; every function that gets one
// hands it on at once.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/expression.h"
#include "asl/jsonata/function.h"
#include "asl/jsonata/marks.h"
#include "asl/jsonata/node.h"

namespace perdure::asl::jsonata {

class Evaluator {
 public:
  Evaluator(const Program& program, const Surroundings& surroundings, const Limits& limits,
            Budget& budget, Arena& arena);

  // The whole: the result with nothing of the evaluator's own left in it.
  Outcome<Value> run(const Value& input, const Value& bindings);

  // ---- for the functions ----
  // `f` applied to arguments; its signature is checked. `input`: for parameters taken from context.
  Value call(const Value& f, std::span<const Value> arguments, const Value& input, Frame* frame);
  // What a higher-order function calls for each item: with as many arguments as `f` takes.
  Value call_back(const Value& f, std::span<const Value> arguments, Frame* frame);
  static size_t arity(const Value& f);

  Value eval(const Node& node, const Value& input, Frame* frame);
  Value evaluate_text(std::string_view text, const Value& input, Frame* frame);  // $eval
  Value lookup(Symbol symbol, const Frame* frame);

  Value fail(std::string_view code, std::string value = {}, std::string value2 = {});
  Value fail(Fault fault);
  Value fail_at(const Node& node, std::string_view code, std::string_view token = {},
                std::string value = {}, std::string value2 = {});
  enum class Bound : uint8_t { depth, time, memory };
  Value out_of(Bound bound);
  Fault& fault() { return fault_; }

  // Counts work; false when the budget or the time is used up: return out_of(Bound::time) then.
  bool spend(int64_t steps = 1) {
    if (until_look_ <= steps) return look(steps);
    until_look_ -= steps;
    return budget_.spend(steps);
  }
  // Counts work on a text, which is cheap by the byte.
  bool spend_bytes(size_t bytes) {
    return bytes < bytes_per_step || spend(static_cast<int64_t>(bytes / bytes_per_step));
  }
  // Whether there is room for so much more, in the arena or for a while beside it: return
  // out_of(Bound::memory) if not.
  bool fits(size_t bytes);
  // The bytes of the longest text that can be.
  size_t longest_text() const { return std::min(limits_.value_bytes, limits_.arena_bytes); }
  // That many items are gathered at a time at most.
  static constexpr size_t most_items = size_t{1} << 20;
  // Memory that the evaluation keeps outside of the arena, until its end.
  void holds(size_t bytes) { held_bytes_ += bytes; }
  Value text(std::string_view text);        // a copy in the arena
  Value owned_text(std::string_view text);  // `text` is in the arena already or outlives it
  Value array(std::span<const Value> items, uint8_t marks = 0);
  Value object(std::span<const Member> members);  // keys unique
  // The items of an array; a range's are made. Empty, with a fault, where that takes too much.
  std::span<const Value> items(const Value& array);
  // Any value as an array: an array's items, nothing of undefined, else the value alone.
  std::span<const Value> items_or_self(const Value& value);
  // For the next items to be put on the scratch stack. False: too many.
  bool push(const Value& value);
  std::vector<Value>& scratch() { return scratch_; }

  // $boolean: undefined counts as false. A failure for a number that is none.
  Value truth(const Value& value);
  // As $string writes it. False with a fault for what cannot be written.
  bool write_text(const Value& value, std::string& out, bool pretty = false);
  bool same(const Value& a, const Value& b, uint32_t depth = 0);  // deep equality
  // Whether it is a number that can be reckoned with; a fault for infinity (D1001).
  bool numeric(const Value& value, Value& failure);
  Value append(const Value& a, const Value& b);  // $append
  Value deep_copy(const Value& value, uint32_t depth);
  Value lookup_name(const Value& input, std::string_view name);
  Value sort(const Value& input, const Value& comparator, Frame* frame);

  Arena& arena() { return arena_; }
  Budget& budget() { return budget_; }
  // For one search by a regular expression, which cannot look at the stop flag: a part of the steps
  // that are left. searched() takes off what it used; a failure where they are used up.
  Budget& search_budget();
  Value searched();
  const Surroundings& surroundings() const { return surroundings_; }
  const Limits& limits() const { return limits_; }
  Value made(Outcome<std::string> text);
  Frame* make_frame(Frame* parent);
  void bind(Frame* frame, Symbol symbol, const Value& value);

 private:
  friend class Collector;
  friend class Sorter;

  // Evaluations of single kinds of nodes.
  Value eval_node(const Node& node, const Value& input, Frame* frame);
  Value finish_node(const Node& node, Value result, Frame* frame);
  Value operand(const Node& node, const Value& input, Frame* frame);
  Value variable(const Node& node, const Value& input, const Frame* frame);
  Value globals_or_bindings(Symbol symbol) const;
  Value block(const Node& node, const Value& input, Frame* frame);
  Value condition(const Node& node, const Value& input, Frame* frame);
  Value otherwise(const Node& node, const Value& input, Frame* frame);
  Value wildcard(const Value& input);
  Value descendants(const Value& input);
  bool descend(const Value& value, uint32_t depth);
  Value array_constructor(const Node& node, const Value& input, Frame* frame);

  // Operators.
  Value binary(const Node& node, const Value& input, Frame* frame);
  Value arithmetic(const Node& node, const Value& left, const Value& right);
  Value comparison(const Node& node, const Value& left, const Value& right);
  Value logical(const Node& node, const Value& input, Frame* frame);
  Value concatenation(const Value& left, const Value& right);
  Value range(const Node& node, const Value& left, const Value& right);
  Value contained(const Value& left, const Value& right);
  Value negation(const Node& node, const Value& input, Frame* frame);

  // Paths.
  Value path(const Node& node, const Value& input, Frame* frame);
  Value path_from(const Node& node, size_t step, Value current, bool many, Frame* frame);
  Value step(const Node& step, const Value& current, bool many, bool last, Frame* frame);
  Value name_step(const Node& step, const Value& items, bool last);
  Value filter(const Node& predicate, const Value& input, Frame* frame);
  bool selects(const Node& predicate, const Value& item, size_t index, size_t count, Frame* frame,
               Value& failure, size_t& times);
  Value tuple_step(const Node& step, const Value& current, bool many, const Value* tuples,
                   Frame* frame);
  Value tuple_stages(const Node& step, Value tuples, Frame* frame);
  bool push_tuples(const Node& step, Tuple& tuple, const Value& result);
  Value tuple_items(const Value& tuples);
  Frame* tuple_frame(Frame* parent, const Tuple& tuple);
  Value sort_step(const Node& step, const Value& input, Frame* frame);

  // Objects and groups.
  Value group(const Group& group, const Value& input, Frame* frame);
  Value group_pairs(const std::vector<Pair>& pairs, uint32_t position, const Value& input,
                    Frame* frame);
  Value bad_key(std::string_view code, uint32_t position, const Value& key);
  Value reduce_tuples(std::span<const Value> tuples, Frame* frame);
  Value object_of(const std::vector<Pair>& pairs, uint32_t position, const Value& input,
                  Frame* frame);

  // Calls.
  Value function_call(const Node& node, const Value& input, Frame* frame, const Value* applied);
  Value partial(const Node& node, const Value& input, Frame* frame);
  Value apply(const Node& node, const Value& input, Frame* frame);
  Value lambda(const Node& node, const Value& input, Frame* frame);
  Value transformer(const Node& node, Frame* frame);
  Value transform(const Transform& transform, const Value& argument);
  Value transform_match(const Node& node, const Value& match, Frame* frame);
  class Changes;
  Value call_once(const Function& f, std::span<const Value> arguments, const Value& input,
                  Frame* frame);
  Value call_native(const Builtin& builtin, std::span<const Value> arguments, const Value& input,
                    Frame* frame);
  Value call_unchecked(const Builtin& builtin, std::span<const Value> arguments, const Value& input,
                       Frame* frame);
  Value call_lambda(const Lambda& f, std::span<const Value> arguments, const Value& input);
  Value call_partial(const Partial& f, std::span<const Value> arguments, Frame* frame);
  Value continue_tail(Value result);
  void name_fault(const Node& node);
  Value missing_function(const Node& node, std::string_view known, std::string_view unknown,
                         Frame* frame);

  // Frames that no closure holds are used again.
  void release(Frame* frame);
  void release_chain(Frame* from, const Frame* until);
  static void capture(Frame* frame);

  bool look(int64_t steps);
  bool finishes(const Value& value);
  Value finished(const Value& value, uint32_t depth);
  Value finished_array(const Value& value, uint32_t depth);
  Value finished_object(const Value& value, uint32_t depth);

  const Program& program_;
  const Symbols* symbols_;
  const std::vector<Value>* globals_;  // functions of the language by symbol
  const Surroundings& surroundings_;
  const Limits& limits_;
  Budget& budget_;
  Arena& arena_;
  Value bindings_;
  Budget search_budget_{0};
  int64_t search_steps_ = 0;  // that the search began with
  uint32_t depth_ = 0;
  int64_t until_look_ = 0;  // steps until the next look at the stop flag
  std::vector<Value> scratch_;
  Frame* free_frames_ = nullptr;
  Binding* free_bindings_ = nullptr;
  struct {
    const Node* node = nullptr;
    Value input;
    Frame* frame = nullptr;
    const Frame* until = nullptr;
  } tail_;
  Fault fault_;
  size_t arena_before_;
  size_t held_bytes_ = 0;
  size_t finished_bytes_ = 0;  // of the result as text, about
  static constexpr size_t bytes_per_step = 64;
};

// Items gathered on the scratch stack until it is known how many they are. Strictly nested.
class Collector {
 public:
  explicit Collector(Evaluator& evaluator)
      : evaluator_(evaluator), base_(evaluator.scratch_.size()) {}
  ~Collector() { evaluator_.scratch_.resize(base_); }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  bool push(const Value& value) { return evaluator_.push(value); }
  // An array's items one by one, anything else by itself.
  bool push_flat(const Value& value);
  size_t size() const { return evaluator_.scratch_.size() - base_; }
  std::span<const Value> items() const {
    return std::span<const Value>(evaluator_.scratch_).subspan(base_);
  }
  Value& at(size_t i) { return evaluator_.scratch_[base_ + i]; }
  Value array(uint8_t marks = 0) { return evaluator_.array(items(), marks); }
  Value sequence() { return array(is_sequence); }

 private:
  Evaluator& evaluator_;
  size_t base_;
};

// A number as the language has it: whole ones are integers where they fit.
Value number(double d);

// Whether a < b: numbers by value, texts by UTF-16 units.
bool less(const Value& a, const Value& b);

// A value in a message, the beginning of one without an end.
std::string shown(const Value& value);

}  // namespace perdure::asl::jsonata
