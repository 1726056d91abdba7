// From operators to the reference's shape: a path is one node with its steps, predicates and groups
// hang on the step or node they belong to, and every `%` knows the step that keeps its parent.

#include "asl/jsonata/parser.h"

namespace perdure::asl::jsonata {
namespace {

// The reference's words, which the message of S0217 shows.
std::string_view type_name(const Node& node) {
  switch (node.type) {
    case NodeType::path:
      return "path";
    case NodeType::name:
      return "name";
    case NodeType::string:
      return "string";
    case NodeType::number:
      return "number";
    case NodeType::value:
      return "value";
    case NodeType::wildcard:
      return "wildcard";
    case NodeType::descendant:
      return "descendant";
    case NodeType::parent:
      return "parent";
    case NodeType::variable:
      return "variable";
    case NodeType::regex:
      return "regex";
    case NodeType::bind:
      return "bind";
    case NodeType::apply:
      return "apply";
    case NodeType::negate:
    case NodeType::array:
    case NodeType::object:
      return "unary";
    case NodeType::block:
      return "block";
    case NodeType::condition:
    case NodeType::coalesce:
    case NodeType::elvis:
      return "condition";
    case NodeType::function:
      return "function";
    case NodeType::partial:
      return "partial";
    case NodeType::lambda:
      return "lambda";
    case NodeType::transform:
      return "transform";
    case NodeType::sort:
      return "sort";
    case NodeType::placeholder:
      return "operator";
    default:
      return "binary";
  }
}

Fault fault_at(std::string_view code, const Node& node) {
  Fault out = fault(code);
  out.position = node.position;
  out.token = node.text;
  return out;
}

class Shaper {
 public:
  explicit Shaper(Program& program) : program_(program) {}

  Outcome<Node*> whole(Node* parsed) {
    PD_TRY(node, shape(parsed));
    if (node->type == NodeType::parent || !node->seeking_parent.empty()) {
      Fault out = fault_at("S0217", *node);
      out.token = type_name(*node);
      return out;
    }
    return node;
  }

 private:
  using Shaped = Outcome<Node*>;

  Shaped shape(Node* node) {
    const bool keep_array = node->keep_array;
    PD_TRY(made, shape_node(node));
    if (keep_array) {
      made->keep_array = true;
      made->plain = false;
    }
    return made;
  }

  Shaped shape_node(Node* node) {
    switch (node->type) {
      case NodeType::end:
        return end(node);
      case NodeType::name:
        return path_of(node);
      case NodeType::dot:
        return dot(node);
      case NodeType::predicate:
        return predicate(node);
      case NodeType::group:
        return group(node);
      case NodeType::order:
        return order(node);
      case NodeType::focus:
        return focus(node);
      case NodeType::index:
        return index(node);
      case NodeType::negate:
        return negate(node);
      case NodeType::block:
        return block(node);
      case NodeType::function:
      case NodeType::partial:
        return call(node);
      case NodeType::lambda:
        return lambda(node);
      case NodeType::transform:
        return transform(node);
      case NodeType::parent:
        return parent(node);
      case NodeType::array:
      case NodeType::object:
        return constructor(node);
      case NodeType::apply:
        return apply(node);
      case NodeType::bind:
      case NodeType::binary:
      case NodeType::condition:
      case NodeType::coalesce:
      case NodeType::elvis:
        return operands(node);
      default:
        return node;
    }
  }

  static Fault end(const Node* node) {
    Fault out = fault_at("S0207", *node);
    return out;
  }

  Node* make_path(Node* step) {
    Node& path = program_.nodes.emplace_back();
    path.type = NodeType::path;
    path.position = step->position;
    path.text = step->text;
    path.items.push_back(step);
    return &path;
  }

  Shaped path_of(Node* name) {
    Node* const path = make_path(name);
    path->keep_singleton = name->keep_array;
    name->plain = !name->keep_array;
    return path;
  }

  Shaped parent(Node* node) {
    Slot& slot = program_.slots.emplace_back();
    slot.index = program_.slots.size() - 1;
    slot.label = program_.symbols.intern("!" + std::to_string(slot.index));
    node->slot = &slot;
    parents_.push_back(node);
    return node;
  }

  // What could not find its parent inside `value` looks for it around `node`.
  static void adopt(Node* node, const Node* value) {
    for (Slot* slot : value->seeking_parent) node->seeking_parent.push_back(slot);
    if (value->type == NodeType::parent) node->seeking_parent.push_back(value->slot);
  }

  // Shapes a part of `node`, which also takes over its search for parents.
  Outcome<bool> part(Node* node, Node*& child) {
    if (!child) return true;
    PD_TRY(made, shape(child));
    child = made;
    adopt(node, made);
    return true;
  }

  Shaped operands(Node* node) {
    if (node->type != NodeType::bind) PD_CHECK(part(node, node->a));
    PD_CHECK(part(node, node->b));
    PD_CHECK(part(node, node->c));
    return node;
  }

  Shaped apply(Node* node) {
    PD_TRY(left, shape(node->a));
    PD_TRY(right, shape(node->b));
    node->a = left;
    node->b = right;
    if (left->keep_array || right->keep_array) {
      node->keep_array = true;
      node->plain = false;
    }
    return node;
  }

  Shaped negate(Node* node) {
    PD_CHECK(part(node, node->a));
    if (node->a->type != NodeType::number) return node;
    Value& literal = node->a->literal;
    const bool whole = literal.is(Kind::integer);
    literal = whole ? Value::integer(-literal.as_integer()) : Value::number(-literal.as_double());
    return node->a;
  }

  Outcome<bool> shape_pairs(std::vector<Pair>& pairs, Node* adopting) {
    for (Pair& pair : pairs) {
      PD_TRY(key, shape(pair.key));
      PD_TRY(value, shape(pair.value));
      pair = {key, value};
      if (!adopting) continue;
      adopt(adopting, key);
      adopt(adopting, value);
    }
    return true;
  }

  Shaped constructor(Node* node) {
    for (Node*& item : node->items) PD_CHECK(part(node, item));
    PD_CHECK(shape_pairs(node->pairs, node));
    return node;
  }

  Shaped block(Node* node) {
    for (Node*& item : node->items) {
      PD_CHECK(part(node, item));
      const bool path = item->type == NodeType::path;
      if (item->cons_array || (path && item->items.front()->cons_array)) node->cons_array = true;
    }
    return node;
  }

  Shaped call(Node* node) {
    for (Node*& argument : node->items) PD_CHECK(part(node, argument));
    PD_TRY(procedure, shape(node->a));
    node->a = procedure;
    return node;
  }

  Shaped lambda(Node* node) {
    PD_TRY(body, shape(node->a));
    mark_tail(body);
    node->a = body;
    return node;
  }

  static void mark_tail(Node* node) {
    switch (node->type) {
      case NodeType::function:
        node->tail = node->plain;
        return;
      case NodeType::condition:
        if (!node->plain) return;
        mark_tail(node->b);
        if (node->c) mark_tail(node->c);
        return;
      case NodeType::block:
        if (node->plain && !node->items.empty()) mark_tail(node->items.back());
        return;
      default:
        return;
    }
  }

  Shaped transform(Node* node) {
    for (Node** part : {&node->a, &node->b, &node->c}) {
      if (!*part) continue;
      PD_TRY(made, shape(*part));
      *part = made;
    }
    return node;
  }

  Shaped dot(Node* node) {
    PD_TRY(left, shape(node->a));
    Node* path = left;
    if (left->type != NodeType::path) path = make_path(left);
    if (left->type == NodeType::parent) path->seeking_parent = {left->slot};
    PD_TRY(right, shape(node->b));
    if (right->type == NodeType::path) {
      path->items.insert(path->items.end(), right->items.begin(), right->items.end());
    } else {
      stage_predicates(right);
      path->items.push_back(right);
    }
    PD_CHECK(steps(path));
    resolve_parents(path);
    if (unresolvable_) return *unresolvable_;
    return path;
  }

  static void stage_predicates(Node* step) {
    step->stages = std::move(step->predicates);
    step->predicates.clear();
    step->plain = !step->keep_array && !step->grouping;
  }

  // What the steps mean to their path, and the path to them.
  static Outcome<bool> steps(Node* path) {
    for (Node* step : path->items) {
      if (step->type == NodeType::number || step->type == NodeType::value) {
        Fault out = fault_at("S0213", *step);
        out.value = to_json(step->literal);
        return out;
      }
      if (step->type == NodeType::string) {
        step->type = NodeType::name;
        step->text = step->literal.as_string();
      }
      if (step->keep_array) path->keep_singleton = true;
    }
    for (Node* step : {path->items.front(), path->items.back()}) {
      if (step->type == NodeType::array) step->cons_array = true;
    }
    return true;
  }

  static Node* last_step(Node* node) {
    return node->type == NodeType::path ? node->items.back() : node;
  }

  Shaped predicate(Node* node) {
    PD_TRY(result, shape(node->a));
    Node* const step = last_step(result);
    if (step->grouping) return fault_at("S0209", *node);
    PD_TRY(filter, shape(node->b));
    for (Slot* slot : filter->seeking_parent) {
      if (slot->level == 1) {
        seek_parent(step, slot);
      } else {
        --slot->level;
      }
    }
    if (unresolvable_) return *unresolvable_;
    if (!filter->seeking_parent.empty()) adopt(step, filter);
    if (result->type == NodeType::path) {
      step->stages.push_back({filter, 0, node->position});
    } else {
      step->predicates.push_back({filter, 0, node->position});
      step->plain = false;
    }
    return result;
  }

  Shaped group(Node* node) {
    PD_TRY(result, shape(node->a));
    if (result->grouping) return fault_at("S0210", *node);
    PD_CHECK(shape_pairs(node->pairs, nullptr));
    result->grouping = std::make_unique<Group>(Group{std::move(node->pairs), node->position});
    result->plain = false;
    return result;
  }

  Shaped order(Node* node) {
    PD_TRY(result, shape(node->a));
    Node* const path = result->type == NodeType::path ? result : make_path(result);
    node->type = NodeType::sort;
    node->a = nullptr;  // it stands before the node now: visitors meet each node once
    for (Term& term : node->terms) PD_CHECK(part(node, term.expression));
    path->items.push_back(node);
    resolve_parents(path);
    if (unresolvable_) return *unresolvable_;
    return path;
  }

  Shaped focus(Node* node) {
    PD_TRY(result, shape(node->a));
    Node* const step = last_step(result);
    if (!step->stages.empty() || !step->predicates.empty()) return fault_at("S0215", *node);
    if (step->type == NodeType::sort) return fault_at("S0216", *node);
    if (node->keep_array) step->keep_array = true;
    step->focus = node->b->symbol;
    step->tuple = true;
    return result;
  }

  Shaped index(Node* node) {
    PD_TRY(result, shape(node->a));
    Node* step = last_step(result);
    if (result->type != NodeType::path) {
      result = make_path(result);
      stage_predicates(step);
    }
    if (step->stages.empty()) {
      step->index = node->b->symbol;
    } else {
      step->stages.push_back({nullptr, node->b->symbol, node->position});
    }
    step->tuple = true;
    return result;
  }

  // Looks for the parent at this step, or further up where the step takes one level.
  void seek_parent(Node* node, Slot* slot) {
    switch (node->type) {
      case NodeType::name:
      case NodeType::wildcard:
        if (--slot->level == 0) keep_parent(node, slot);
        return;
      case NodeType::parent:
        ++slot->level;
        return;
      case NodeType::block:
        if (node->items.empty()) return;
        node->tuple = true;
        return seek_parent(node->items.back(), slot);
      case NodeType::path:
        node->tuple = true;
        for (size_t i = node->items.size(); i-- > 0;) {
          seek_parent(node->items[i], slot);
          if (slot->level <= 0) return;
        }
        return;
      default:
        if (unresolvable_) return;
        unresolvable_ = fault_at("S0217", *node);
        unresolvable_->token = type_name(*node);
    }
  }

  void keep_parent(Node* node, Slot* slot) {
    if (!node->ancestor) {
      node->ancestor = slot;
    } else {
      // Kept already, under another label: the `%` reads that one.
      parents_[slot->index]->slot->label = node->ancestor->label;
      node->ancestor = slot;
    }
    node->tuple = true;
  }

  void resolve_parents(Node* path) {
    const Node* const last = path->items.back();
    std::vector<Slot*> slots = last->seeking_parent;
    if (last->type == NodeType::parent) slots.push_back(last->slot);
    for (Slot* slot : slots) {
      size_t at = path->items.size() - 1;  // the steps before this one have not been asked
      while (slot->level > 0 && !unresolvable_) {
        if (at == 0) {
          path->seeking_parent.push_back(slot);
          break;
        }
        Node* step = path->items[--at];
        // Steps that bind their item stand beside each other, not below.
        while (at > 0 && step->focus && path->items[at - 1]->focus) step = path->items[--at];
        seek_parent(step, slot);
      }
    }
  }

  Program& program_;
  std::vector<Node*> parents_;  // by the index of their slot
  std::optional<Fault> unresolvable_;
};

}  // namespace

Outcome<Node*> shape(Node* parsed, Program& program) { return Shaper(program).whole(parsed); }

}  // namespace perdure::asl::jsonata
