#include "asl/jsonata/parser.h"

#include <array>

#include "asl/jsonata/lexer.h"

namespace perdure::asl::jsonata {

Symbols::Symbols() : names_{""} {
  intern("");  // gets the id of the context; the name of no symbol stays unused
  intern("$");
}

Symbols::Symbols(const Symbols& before) : names_{""} {
  for (Symbol symbol = 1; symbol < before.size(); ++symbol) intern(before.name(symbol));
}

Symbol Symbols::intern(std::string_view name) {
  const auto found = ids_.find(name);
  if (found != ids_.end()) return found->second;
  const auto id = static_cast<Symbol>(names_.size());
  names_.emplace_back(name);
  ids_.emplace(names_.back(), id);
  return id;
}

Symbol Symbols::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? 0 : found->second;
}

namespace {

struct Infix {
  std::string_view token;
  int binding_power;
  NodeType type;
  Operator op = Operator::none;
};

constexpr auto infixes = std::to_array<Infix>({
    {".", 75, NodeType::dot},
    {"[", 80, NodeType::predicate},
    {"(", 80, NodeType::function},
    {"@", 80, NodeType::focus},
    {"#", 80, NodeType::index},
    {"{", 70, NodeType::group},
    {"*", 60, NodeType::binary, Operator::multiply},
    {"/", 60, NodeType::binary, Operator::divide},
    {"%", 60, NodeType::binary, Operator::remainder},
    {"+", 50, NodeType::binary, Operator::add},
    {"-", 50, NodeType::binary, Operator::subtract},
    {"&", 50, NodeType::binary, Operator::concatenate},
    {"=", 40, NodeType::binary, Operator::equal},
    {"!=", 40, NodeType::binary, Operator::not_equal},
    {"<", 40, NodeType::binary, Operator::less},
    {"<=", 40, NodeType::binary, Operator::less_or_equal},
    {">", 40, NodeType::binary, Operator::greater},
    {">=", 40, NodeType::binary, Operator::greater_or_equal},
    {"in", 40, NodeType::binary, Operator::contained},
    {"^", 40, NodeType::order},
    {"~>", 40, NodeType::apply},
    {"??", 40, NodeType::coalesce},
    {"?:", 40, NodeType::elvis},
    {"and", 30, NodeType::binary, Operator::logical_and},
    {"or", 25, NodeType::binary, Operator::logical_or},
    {"?", 20, NodeType::condition},
    {":=", 10, NodeType::bind},
});

const Infix* find_infix(const Token& token) {
  if (token.kind != Token::Kind::operation) return nullptr;
  for (const Infix& infix : infixes) {
    if (infix.token == token.text) return &infix;
  }
  return nullptr;
}

// The reference cuts these off the text but gives them no meaning.
bool is_unknown(const Token& token) {
  return token.kind == Token::Kind::operation && (token.text == "!" || token.text == "~");
}

class Parser {
 public:
  Parser(std::string_view text, Program& program)
      : text_(text),
        program_(program),
        lexer_(text, program.arena, program.mode == Mode::standard) {}

  Outcome<Node*> parse() {
    PD_CHECK(advance());
    PD_TRY(node, expression(0));
    if (token_.kind != Token::Kind::end) return fault_at("S0201", token_.position, token_.text);
    return node;
  }

 private:
  using Parsed = Outcome<Node*>;

  static Fault fault_at(std::string_view code, size_t position, std::string_view token = {}) {
    Fault out = fault(code);
    out.position = position;
    out.token = token;
    return out;
  }

  bool at(std::string_view operation) const {
    return token_.kind == Token::Kind::operation && token_.text == operation;
  }

  Outcome<bool> advance(std::string_view expected = {}, bool after_operand = false) {
    if (!expected.empty() && !at(expected)) {
      const bool at_end = token_.kind == Token::Kind::end;
      Fault out = fault_at(at_end ? "S0203" : "S0202", token_.position, token_.text);
      out.value = json_text(expected);
      return out;
    }
    PD_TRY(token, lexer_.next(after_operand));
    if (is_unknown(token)) return fault_at("S0204", token.position, token.text);
    token_ = token;
    return true;
  }

  Node* make(NodeType type, const Token& token) {
    Node& node = program_.nodes.emplace_back();
    node.type = type;
    node.position = token.position;
    node.text = token.text;
    return &node;
  }

  // Counts how deep the tree has become.
  Outcome<Node*> grown(Node* node, std::initializer_list<const Node*> below) {
    for (const Node* part : below) grow(node, part);
    if (node->height > max_tree_height) return fault_at("D1011", node->position, node->text);
    return node;
  }
  static void grow(Node* node, const Node* part) {
    if (part) node->height = std::max(node->height, part->height + 1);
  }

  Outcome<Node*> expression(int binding_power) {
    if (++nesting_ > max_tree_height) return fault_at("D1011", token_.position, token_.text);
    const Token first = token_;
    PD_CHECK(advance({}, true));
    PD_TRY(left, prefix(first));
    for (;;) {
      const Infix* const infix = find_infix(token_);
      if (!infix || infix->binding_power <= binding_power) break;
      const Token token = token_;
      PD_CHECK(advance());
      PD_TRY(joined, join(left, *infix, token));
      left = joined;
    }
    --nesting_;
    return left;
  }

  Parsed prefix(const Token& token) {
    switch (token.kind) {
      case Token::Kind::end:
        return make(NodeType::end, token);
      case Token::Kind::name:
        return make(NodeType::name, token);
      case Token::Kind::variable: {
        Node* const node = make(NodeType::variable, token);
        node->symbol = program_.symbols.intern(token.text);
        return node;
      }
      case Token::Kind::string: {
        Node* const node = make(NodeType::string, token);
        node->literal = Value::string(token.text);
        program_.has_texts = true;
        return node;
      }
      case Token::Kind::literal: {
        const bool number = token.value.is_number();
        Node* const node = make(number ? NodeType::number : NodeType::value, token);
        node->literal = token.value;
        return node;
      }
      case Token::Kind::regex:
        return regex(token);
      case Token::Kind::operation:
        return prefix_operator(token);
    }
    return fault_at("S0205", token.position, token.text);
  }

  Parsed regex(const Token& token) {
    Node* const node = make(NodeType::regex, token);
    auto made = text::Regex::compile(token.text, token.flags);
    if (!made) {
      Fault out = std::move(made).error();
      out.position = token.position;
      return out;
    }
    node->regex = &program_.regexes.emplace_back(std::move(*made));
    return node;
  }

  Parsed prefix_operator(const Token& token) {
    if (token.text == "-") return negation(token);
    if (token.text == "(") return block(token);
    if (token.text == "[") return array(token);
    if (token.text == "{") return object(make(NodeType::object, token));
    if (token.text == "|") return transform(token);
    if (token.text == "*") return make(NodeType::wildcard, token);
    if (token.text == "**") return make(NodeType::descendant, token);
    if (token.text == "%") return make(NodeType::parent, token);
    // These may be names where an operand stands.
    if (token.text == "and" || token.text == "or" || token.text == "in") {
      return make(NodeType::name, token);
    }
    return fault_at("S0211", token.position, token.text);
  }

  Parsed negation(const Token& token) {
    Node* const node = make(NodeType::negate, token);
    PD_TRY(operand, expression(70));
    node->a = operand;
    return grown(node, {operand});
  }

  Parsed block(const Token& token) {
    Node* const node = make(NodeType::block, token);
    while (!at(")")) {
      PD_TRY(item, expression(0));
      node->items.push_back(item);
      grow(node, item);
      if (!at(";")) break;
      PD_CHECK(advance(";"));
    }
    PD_CHECK(advance(")", true));
    return grown(node, {});
  }

  Parsed array(const Token& token) {
    Node* const node = make(NodeType::array, token);
    while (!at("]")) {
      PD_TRY(item, expression(0));
      if (at("..")) {
        PD_TRY(made, range(item));
        item = made;
      }
      node->items.push_back(item);
      grow(node, item);
      if (!at(",")) break;
      PD_CHECK(advance(","));
      // A comma promises another item, which an ending bracket is not.
      if (at("]")) return fault_at("S0211", token_.position, token_.text);
    }
    PD_CHECK(advance("]", true));
    return grown(node, {});
  }

  Parsed range(Node* first) {
    Node* const node = make(NodeType::binary, token_);
    node->op = Operator::range;
    PD_CHECK(advance(".."));
    PD_TRY(last, expression(0));
    node->a = first;
    node->b = last;
    return grown(node, {first, last});
  }

  // The pairs of an object, or of a group-by whose left side `node` has already.
  Parsed object(Node* node) {
    while (!at("}")) {
      PD_TRY(key, expression(0));
      PD_CHECK(advance(":"));
      PD_TRY(value, expression(0));
      node->pairs.push_back({key, value});
      grow(node, key);
      grow(node, value);
      if (!at(",")) break;
      PD_CHECK(advance(","));
      if (at("}")) return fault_at("S0211", token_.position, token_.text);
    }
    PD_CHECK(advance("}", true));
    return grown(node, {node->a});
  }

  Parsed transform(const Token& token) {
    Node* const node = make(NodeType::transform, token);
    PD_TRY(pattern, expression(0));
    PD_CHECK(advance("|"));
    PD_TRY(update, expression(0));
    node->a = pattern;
    node->b = update;
    if (at(",")) {
      PD_CHECK(advance(","));
      PD_TRY(removed, expression(0));
      node->c = removed;
    }
    PD_CHECK(advance("|"));
    return grown(node, {node->a, node->b, node->c});
  }

  Parsed join(Node* left, const Infix& infix, const Token& token) {
    switch (infix.type) {
      case NodeType::function:
        return call(left, token);
      case NodeType::predicate:
        return predicate(left, token);
      case NodeType::order:
        return order(left, token);
      case NodeType::condition:
        return condition(left, token);
      case NodeType::coalesce:
      case NodeType::elvis:
        return otherwise(left, infix, token);
      case NodeType::group: {
        Node* const node = make(infix.type, token);
        node->a = left;
        return object(node);
      }
      default:
        return binary(left, infix, token);
    }
  }

  Parsed binary(Node* left, const Infix& infix, const Token& token) {
    const bool binds = infix.type == NodeType::bind;
    if (binds && left->type != NodeType::variable) {
      return fault_at("S0212", left->position, left->text);
    }
    Node* const node = make(infix.type, token);
    node->op = infix.op;
    // An assignment is joined from the right.
    PD_TRY(right, expression(binds ? infix.binding_power - 1 : infix.binding_power));
    const bool names = infix.type == NodeType::focus || infix.type == NodeType::index;
    if (names && right->type != NodeType::variable) {
      return fault_at("S0214", right->position, token.text);
    }
    node->a = left;
    node->b = right;
    return grown(node, {left, right});
  }

  // `??` and `?:`: the left side, or else the other.
  Parsed otherwise(Node* left, const Infix& infix, const Token& token) {
    Node* const node = make(infix.type, token);
    PD_TRY(other, expression(0));
    node->a = left;
    node->c = other;
    return grown(node, {left, other});
  }

  Parsed condition(Node* left, const Token& token) {
    Node* const node = make(NodeType::condition, token);
    node->a = left;
    PD_TRY(then, expression(0));
    node->b = then;
    if (at(":")) {
      PD_CHECK(advance(":"));
      PD_TRY(other, expression(0));
      node->c = other;
    }
    return grown(node, {node->a, node->b, node->c});
  }

  Parsed predicate(Node* left, const Token& token) {
    if (at("]")) {
      Node* step = left;
      while (step->type == NodeType::predicate) step = step->a;
      step->keep_array = true;
      PD_CHECK(advance("]", true));
      return left;
    }
    Node* const node = make(NodeType::predicate, token);
    PD_TRY(filter, expression(0));
    PD_CHECK(advance("]", true));
    node->a = left;
    node->b = filter;
    return grown(node, {left, filter});
  }

  Parsed order(Node* left, const Token& token) {
    Node* const node = make(NodeType::order, token);
    PD_CHECK(advance("("));
    for (;;) {
      const bool descending = at(">");
      if (descending || at("<")) PD_CHECK(advance());
      PD_TRY(term, expression(0));
      node->terms.push_back({term, descending});
      grow(node, term);
      if (!at(",")) break;
      PD_CHECK(advance(","));
    }
    PD_CHECK(advance(")", true));
    node->a = left;
    return grown(node, {left});
  }

  Parsed call(Node* procedure, const Token& token) {
    Node* const node = make(NodeType::function, token);
    node->a = procedure;
    while (!at(")")) {
      if (at("?")) {
        node->type = NodeType::partial;
        node->items.push_back(make(NodeType::placeholder, token_));
        PD_CHECK(advance("?", true));
      } else {
        PD_TRY(argument, expression(0));
        node->items.push_back(argument);
        grow(node, argument);
      }
      if (!at(",")) break;
      PD_CHECK(advance(","));
      if (at(")")) return fault_at("S0211", token_.position, token_.text);
    }
    PD_CHECK(advance(")", true));
    const bool named = procedure->type == NodeType::name;
    if (named && (procedure->text == "function" || procedure->text == "\u03bb"))
      return lambda(node);
    return grown(node, {procedure});
  }

  Parsed lambda(Node* node) {
    for (size_t i = 0; i < node->items.size(); ++i) {
      const Node* const parameter = node->items[i];
      if (parameter->type != NodeType::variable) {
        Fault out = fault_at("S0208", parameter->position, parameter->text);
        out.value = std::to_string(i + 1);
        return out;
      }
      node->parameters.push_back(parameter->symbol);
    }
    node->items.clear();
    node->type = NodeType::lambda;
    if (at("<")) PD_CHECK(signature(node));
    PD_CHECK(advance("{"));
    PD_TRY(body, expression(0));
    PD_CHECK(advance("}", true));
    node->a = body;
    return grown(node, {body});
  }

  Outcome<bool> signature(Node* node) {
    const size_t begin = token_.position;
    std::string text = "<";
    for (int depth = 1; depth > 0 && !at("{") && token_.kind != Token::Kind::end;) {
      PD_CHECK(advance());
      if (at(">")) --depth;
      if (at("<")) ++depth;
      text += token_.text;
    }
    PD_CHECK(advance(">"));
    auto made = Signature::parse(text);
    if (!made) {
      Fault out = std::move(made).error();
      out.position += begin;
      return out;
    }
    node->signature = &program_.signatures.emplace_back(std::move(*made));
    return true;
  }

  std::string_view text_;
  Program& program_;
  Lexer lexer_;
  Token token_;
  uint32_t nesting_ = 0;
};

}  // namespace

Outcome<Node*> parse(std::string_view text, Program& program) {
  PD_TRY(parsed, Parser(text, program).parse());
  return shape(parsed, program);
}

}  // namespace perdure::asl::jsonata
