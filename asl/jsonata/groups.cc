// `{key: value}`: objects, and groups of what a path has selected.

#include "asl/jsonata/evaluator.h"
#include "asl/jsonata/flat_index.h"

namespace perdure::asl::jsonata {
namespace {

struct Entry {
  std::string_view key;
  size_t pair;
  uint32_t first;  // of its items, in the lists below
  uint32_t last;
};

struct Link {
  Value item;
  uint32_t next;
};

constexpr uint32_t none = UINT32_MAX;

// The groups in the order of their first items.
class Groups {
 public:
  // False where the key belongs to another pair already.
  bool add(std::string_view key, size_t pair, const Value& item) {
    const auto link = static_cast<uint32_t>(links_.size());
    Entry* const entry = find(key);
    if (entry && entry->pair != pair) return false;
    links_.push_back({item, none});
    if (!entry) {
      entries_.push_back({key, pair, link, link});
      if (entries_.size() == linear) {
        for (uint32_t i = 0; i < linear; ++i) index(i);
      } else if (entries_.size() > linear) {
        index(static_cast<uint32_t>(entries_.size() - 1));
      }
      return true;
    }
    links_[entry->last].next = link;
    entry->last = link;
    return true;
  }

  const std::vector<Entry>& entries() const { return entries_; }
  const Link& link(uint32_t at) const { return links_[at]; }
  size_t bytes() const {
    return entries_.size() * sizeof(Entry) + links_.size() * sizeof(Link) + places_.bytes();
  }
  bool single(const Entry& entry) const { return entry.first == entry.last; }

 private:
  static constexpr size_t linear = 12;

  Entry* find(std::string_view key) {
    if (entries_.size() < linear) {
      for (Entry& entry : entries_) {
        if (entry.key == key) return &entry;
      }
      return nullptr;
    }
    const auto same = [&](uint32_t at) { return entries_[at].key == key; };
    const uint32_t found = places_.at(places_.hash(key), same);
    return found == FlatIndex::none ? nullptr : &entries_[found];
  }
  void index(uint32_t place) {
    const auto differs = [](uint32_t) { return false; };
    places_.add(places_.hash(entries_[place].key), place, differs);
  }

  std::vector<Entry> entries_;
  std::vector<Link> links_;
  FlatIndex places_;
};

}  // namespace

// An object written as such, for an input that is no sequence of several: each pair is worked out
// once.
Value Evaluator::object_of(const std::vector<Pair>& pairs, uint32_t position, const Value& input,
                           Frame* frame) {
  if (is_array(input) || pairs.size() > 16) {
    // The same as grouping the input's items.
    return group_pairs(pairs, position, input, frame);
  }
  Member members[16];
  Value keys[16];
  size_t count = 0;
  const Node* values[16];
  for (const Pair& pair : pairs) {
    JN_TRY(key, operand(*pair.key, input, frame));
    if (!key.defined()) continue;
    if (!key.is(Kind::string)) return bad_key("T1003", position, key);
    for (size_t i = 0; i < count; ++i) {
      if (keys[i].as_string() == key.as_string()) return bad_key("D1009", position, key);
    }
    keys[count] = key;
    values[count++] = pair.value;
  }
  size_t made = 0;
  for (size_t i = 0; i < count; ++i) {
    JN_TRY(value, operand(*values[i], input, frame));
    if (value.defined()) members[made++] = {keys[i].as_string(), value};
  }
  return object({members, made});
}

Value Evaluator::bad_key(std::string_view code, uint32_t position, const Value& key) {
  const Value failure = fail(code, shown(key));
  fault_.position = position;
  return failure;
}

Value Evaluator::group(const Group& group, const Value& input, Frame* frame) {
  return group_pairs(group.pairs, group.position, input, frame);
}

Value Evaluator::group_pairs(const std::vector<Pair>& pairs, uint32_t position, const Value& input,
                             Frame* frame) {
  const bool tuples = has(input, is_tuple_stream);
  std::span<const Value> all(&input, 1);
  if (is_array(input) && input.size() > 0) {
    all = items(input);
    if (all.size() != input.size()) return fail(std::move(fault_));
  }
  // A stream that has come to nothing has no groups; nothing at all has one of each.
  if (tuples && input.size() == 0) return object({});
  const Value nothing{};
  if (is_array(input) && input.size() == 0) all = {&nothing, 1};
  Groups groups;
  for (const Value& item : all) {
    Frame* const inner = tuples && item.defined() ? tuple_frame(frame, tuple_of(item)) : frame;
    const Value context = tuples && item.defined() ? tuple_of(item).item : item;
    for (size_t i = 0; i < pairs.size(); ++i) {
      JN_TRY(key, operand(*pairs[i].key, context, inner));
      if (!key.defined()) continue;
      if (!key.is(Kind::string)) return bad_key("T1003", position, key);
      if (!spend_bytes(key.size())) return out_of(Bound::time);
      if (!groups.add(key.as_string(), i, item)) return bad_key("D1009", position, key);
      if (!fits(groups.bytes())) return out_of(Bound::memory);
    }
    if (inner != frame) release(inner);
  }
  std::vector<Member> members;
  for (const Entry& entry : groups.entries()) {
    Value context = groups.link(entry.first).item;
    Frame* inner = frame;
    if (tuples && context.defined()) {
      std::vector<Value> reduced;
      for (uint32_t at = entry.first; at != none; at = groups.link(at).next) {
        reduced.push_back(groups.link(at).item);
      }
      inner = make_frame(frame);
      context = reduce_tuples(reduced, inner);
    } else if (!groups.single(entry)) {
      Collector together(*this);
      for (uint32_t at = entry.first; at != none; at = groups.link(at).next) {
        if (!together.push_flat(groups.link(at).item)) return fail(std::move(fault_));
      }
      context = together.array();
    }
    if (failed(context)) return context;
    JN_TRY(value, operand(*pairs[entry.pair].value, context, inner));
    if (inner != frame) release(inner);
    if (value.defined()) members.push_back({entry.key, value});
  }
  return object(members);
}

// The tuples of one group as one: what each of them binds under a name, together.
Value Evaluator::reduce_tuples(std::span<const Value> tuples, Frame* frame) {
  Collector together(*this);
  if (tuples.size() == 1) {
    frame->first = frame->shared = tuple_of(tuples[0]).bindings;
    return tuple_of(tuples[0]).item;
  }
  std::vector<Symbol> seen;
  for (const Value& tuple : tuples) {
    for (const Binding* b = tuple_of(tuple).bindings; b; b = b->next) {
      if (std::find(seen.begin(), seen.end(), b->symbol) == seen.end()) seen.push_back(b->symbol);
    }
  }
  for (const Symbol symbol : seen) {
    Collector values(*this);
    for (const Value& tuple : tuples) {
      const Binding* b = tuple_of(tuple).bindings;
      while (b && b->symbol != symbol) b = b->next;
      if (b && b->value.defined() && !values.push_flat(b->value)) return fail(std::move(fault_));
    }
    JN_TRY(all, values.array());
    bind(frame, symbol, all);
  }
  for (const Value& tuple : tuples) {
    const Value& item = tuple_of(tuple).item;
    if (item.defined() && !together.push_flat(item)) return fail(std::move(fault_));
  }
  return together.array();
}

}  // namespace perdure::asl::jsonata
