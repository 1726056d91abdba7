// `|pattern|update,delete|`: a copy of a document with some of its objects changed.

#include <unordered_map>

#include "asl/jsonata/evaluator.h"
#include "asl/jsonata/flat_index.h"

namespace perdure::asl::jsonata {
namespace {

constexpr uint32_t deepest = 1000;

}  // namespace

// Values cannot be changed, so that what is to change is noted by where it lies: the containers of
// the copy, and what stands in their place.
class Evaluator::Changes {
 public:
  explicit Changes(Evaluator& evaluator) : evaluator_(evaluator) {}

  // False: too many.
  bool replace(const Value& object, const Value& by) {
    constexpr size_t bytes_of_one = 64;
    replaced_[object.identity()] = by;
    return evaluator_.fits(replaced_.size() * bytes_of_one);
  }

  // The value with every change so far in it.
  Value current(const Value& value, uint32_t depth = 0) {
    if (replaced_.empty() || (!is_array(value) && !value.is(Kind::object))) return value;
    if (depth > deepest) return evaluator_.out_of(Bound::depth);
    if (!evaluator_.spend(static_cast<int64_t>(value.size()) + 1)) {
      return evaluator_.out_of(Bound::time);
    }
    const auto found = replaced_.find(value.identity());
    const Value now = found == replaced_.end() ? value : found->second;
    return is_array(now) ? current_array(now, depth) : current_object(now, depth);
  }

 private:
  Value current_array(const Value& array, uint32_t depth) {
    if (has(array, is_range)) return array;
    Collector made(evaluator_);
    bool differs = false;
    for (const Value& item : array.items()) {
      JN_TRY(now, current(item, depth + 1));
      differs = differs || now.identity() != item.identity();
      if (!made.push(now)) return evaluator_.fail(evaluator_.fault());
    }
    return differs ? made.array(array.marks()) : array;
  }

  Value current_object(const Value& object, uint32_t depth) {
    std::vector<Member> members(object.members().begin(), object.members().end());
    bool differs = false;
    for (Member& member : members) {
      JN_TRY(now, current(member.value, depth + 1));
      differs = differs || now.identity() != member.value.identity();
      member.value = now;
    }
    return differs ? evaluator_.object(members) : object;
  }

  Evaluator& evaluator_;
  std::unordered_map<const void*, Value> replaced_;
};

Value Evaluator::transformer(const Node& node, Frame* frame) {
  capture(frame);
  auto* const made = arena_.make_array<Transform>(1);
  *made = {{FunctionType::transform}, &node, frame};
  return Value::function(made);
}

// Containers of its own, so that no place in memory stands for two places in the document.
Value Evaluator::deep_copy(const Value& value, uint32_t depth) {
  if (depth > deepest) return out_of(Bound::depth);
  if (!is_array(value) && !value.is(Kind::object)) return value;
  if (!spend(static_cast<int64_t>(value.size()) + 1)) return out_of(Bound::time);
  if (is_array(value)) {
    const auto all = items(value);
    if (all.size() != value.size()) return fail(std::move(fault_));
    Collector made(*this);
    for (const Value& item : all) {
      JN_TRY(copy, deep_copy(item, depth + 1));
      if (!made.push(copy)) return fail(std::move(fault_));
    }
    return made.array();
  }
  std::vector<Member> members(value.members().begin(), value.members().end());
  for (Member& member : members) {
    member.value = deep_copy(member.value, depth + 1);
    if (failed(member.value)) return member.value;
  }
  return object(members);
}

Value Evaluator::transform(const Transform& transform, const Value& argument) {
  const Node& node = *transform.node;
  Frame* const frame = transform.frame;
  if (!argument.defined()) return argument;
  if (!is_array(argument) && !argument.is(Kind::object)) {
    const Value failure = fail("T0410");
    fault_.index = 1;
    fault_.position = node.position;
    return failure;
  }
  const Symbol clone_symbol = symbols_->find("clone");
  Value clone = clone_symbol ? lookup(clone_symbol, frame) : Value();
  if (!clone.defined()) {
    clone = bindings_.is(Kind::object) ? bindings_.get("clone") : Value();
    if (!clone.defined()) clone = find_function("clone", program_.mode);
  }
  if (!is_function(clone)) return fail_at(node, "T2013");
  JN_TRY(cloned, call(clone, {&argument, 1}, Value::null(), frame));
  JN_TRY(result, deep_copy(cloned, 0));
  JN_TRY(matches, eval(*node.a, result, frame));
  const auto all = items_or_self(matches);
  const std::vector<Value> matched(all.begin(), all.end());
  Changes changes(*this);
  for (const Value& match : matched) {
    JN_TRY(context, changes.current(match));
    JN_TRY(changed, transform_match(node, context, frame));
    if (changed.identity() == context.identity()) continue;
    if (!changes.replace(match, changed)) return out_of(Bound::memory);
  }
  return changes.current(result);
}

Value Evaluator::transform_match(const Node& node, const Value& match, Frame* frame) {
  JN_TRY(given, operand(*node.b, match, frame));
  JN_TRY(update, deep_copy(given, 0));
  if (update.defined() && !update.is(Kind::object)) {
    return fail_at(*node.b, "T2011", {}, shown(update));
  }
  if (!match.is(Kind::object)) return match;
  std::vector<Member> members(match.members().begin(), match.members().end());
  FlatIndex places;
  const auto place_of = [&](std::string_view key, uint32_t otherwise) {
    const auto same_key = [&](uint32_t at) { return members[at].key == key; };
    return places.add(places.hash(key), otherwise, same_key);
  };
  for (uint32_t i = 0; i < members.size(); ++i) (void)place_of(members[i].key, i);
  bool changed = false;
  if (update.defined()) {
    for (const Member& member : update.members()) {
      changed = true;
      const auto last = static_cast<uint32_t>(members.size());
      const uint32_t place = place_of(member.key, last);
      if (place == last) members.push_back(member);
      members[place].value = member.value;
    }
  }
  if (node.c) {
    JN_TRY(removed, operand(*node.c, match, frame));
    // What is removed is undefined until all is known.
    for (const Value& key : items_or_self(removed)) {
      if (!key.is(Kind::string)) return fail_at(*node.c, "T2012", {}, shown(removed));
      const auto same_key = [&](uint32_t at) { return members[at].key == key.as_string(); };
      const uint32_t place = places.at(places.hash(key.as_string()), same_key);
      if (place != FlatIndex::none) members[place].value = Value();
    }
    changed |= std::erase_if(members, [](const Member& m) { return !m.value.defined(); }) > 0;
  }
  return changed ? object(members) : match;
}

}  // namespace perdure::asl::jsonata
