// What an expression reads: names that have nothing to refer to in AWS's dialect, where an
// expression has no input, fields of $states, and variables.

#include "asl/jsonata/references.h"

#include <algorithm>
#include <set>

namespace perdure::asl::jsonata {
namespace {

class Finder {
 public:
  explicit Finder(Program& program) : program_(program) {}

  // `top`: no step above gives the node a context. Only the first step of a path is at the top;
  // what stands in predicates, sort terms and groups has the items for its context.
  void visit(const Node& node, bool top) {
    switch (node.type) {
      case NodeType::path:
        return path(node, top);
      case NodeType::name:
        if (top) add(program_.references.top_level, node.text);
        break;
      case NodeType::variable:
        variable(node, top);
        break;
      case NodeType::parent:
        program_.references.whole_states = true;
        break;
      case NodeType::bind:
        assigned_.insert(node.a->symbol);
        visit(*node.b, top);
        break;
      case NodeType::lambda:
        assigned_.insert(node.parameters.begin(), node.parameters.end());
        visit(*node.a, top);
        break;
      case NodeType::transform:
        for (const Node* part : {node.a, node.b, node.c}) {
          if (part) visit(*part, false);
        }
        break;
      default:
        for (const Node* part : {node.a, node.b, node.c}) {
          if (part) visit(*part, top);
        }
        for (const Node* item : node.items) visit(*item, top);
        pairs(node.pairs, top);
    }
    behind(node);
  }

  // Names of variables that nothing in the expression assigns.
  void finish() {
    for (const Symbol symbol : read_) {
      if (!program_.globals[symbol].defined()) {
        add(program_.references.read, program_.symbols.name(symbol));
      }
      if (assigned_.contains(symbol) || program_.globals[symbol].defined()) continue;
      add(program_.references.variables, program_.symbols.name(symbol));
    }
  }

 private:
  static void add(std::vector<std::string>& names, std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }

  void path(const Node& node, bool top) {
    const Node& first = *node.items.front();
    const Node* second = node.items.size() > 1 ? node.items[1] : nullptr;
    if (is_states(first) && second != nullptr && second->type == NodeType::name) {
      add(program_.references.states, second->text);
      if (is_bare(first)) by_field_ = &first;
    }
    for (const Node* step : node.items) visit(*step, top && step == &first);
    behind(node);
  }

  bool is_states(const Node& node) const {
    return node.type == NodeType::variable && program_.symbols.name(node.symbol) == "states";
  }
  // Nothing but the next step sees the value.
  static bool is_bare(const Node& node) {
    return node.predicates.empty() && node.stages.empty() && node.terms.empty() && !node.grouping &&
           !node.focus && !node.index;
  }

  void behind(const Node& node) {
    for (const auto* stages : {&node.predicates, &node.stages}) {
      for (const Stage& stage : *stages) {
        if (stage.filter) visit(*stage.filter, false);
      }
    }
    for (const Term& term : node.terms) visit(*term.expression, false);
    if (node.grouping) pairs(node.grouping->pairs, false);
    if (node.focus) assigned_.insert(node.focus);
    if (node.index) assigned_.insert(node.index);
    for (const Stage& stage : node.stages) {
      if (stage.index) assigned_.insert(stage.index);
    }
  }

  void pairs(const std::vector<Pair>& pairs, bool top) {
    for (const Pair& pair : pairs) {
      visit(*pair.key, top);
      visit(*pair.value, top);
    }
  }

  void variable(const Node& node, bool top) {
    if (is_states(node) && &node != by_field_) program_.references.whole_states = true;
    if (node.symbol == root_symbol) {
      add(program_.references.top_level, "$$");
    } else if (node.symbol == context_symbol) {
      if (top) add(program_.references.top_level, "$");
    } else if (std::find(read_.begin(), read_.end(), node.symbol) == read_.end()) {
      read_.push_back(node.symbol);
    }
  }

  Program& program_;
  const Node* by_field_ = nullptr;  // the $states of the path that is visited
  std::vector<Symbol> read_;
  std::set<Symbol> assigned_;
};

}  // namespace

std::string unsupported_reference(std::string_view name) {
  const char* const where =
      name == "$$" ? "' is not supported." : "' at the top level is not supported.";
  return "Reference to '" + std::string(name) + where;
}

std::string unknown_states_field(std::string_view field) {
  return "Field '$states." + std::string(field) + "' does not exist.";
}

void find_references(Program& program) {
  Finder finder(program);
  finder.visit(*program.root, true);
  finder.finish();
}

}  // namespace perdure::asl::jsonata
