#include "asl/template/template.h"

#include <optional>
#include <string>
#include <unordered_map>

#include "asl/jsonpath/expression.h"

namespace perdure::asl {

struct Template::Node {
  enum class Kind : uint8_t { constant, expression, array, object };
  Kind kind = Kind::constant;
  Value constant;     // lies in the arena of the root
  std::string field;  // of an expression: the key it stands under, with ".$"
  std::optional<PathExpression> expression;
  std::vector<std::string> keys;  // of an object, without ".$"
  std::vector<Node> nodes;        // its members, or the items of an array

  Result<Value> evaluate(Scope& scope) const;
  void variables(std::set<std::string>& names) const;
};

namespace {

constexpr std::string_view suffix = ".$";

// Past this many bytes problems are no longer told apart: a template of a megabyte could have as
// many of them, each with a pointer as long.
constexpr size_t most_problem_bytes = 1 << 20;

}  // namespace

// Builds the tree. What has no expression inside becomes one constant, however large.
class TemplateCompiler {
 public:
  using Node = Template::Node;

  TemplateCompiler(Arena& arena, std::vector<Template::Problem>& problems)
      : arena_(arena), problems_(problems) {}

  Node compile(const Value& json) {
    auto node = part(json);
    return node ? std::move(*node) : constant(json);
  }

 private:
  // Nothing for a part without expressions.
  std::optional<Node> part(const Value& json) {
    if (json.is(Kind::array)) return array(json);
    if (json.is(Kind::object)) return object(json);
    return std::nullopt;
  }

  // The part one step below; meanwhile the pointer is longer by that step.
  std::optional<Node> part(const Value& json, std::string_view token) {
    const size_t length = pointer_.size();
    pointer_ += '/';
    for (const char c : token) {
      if (c == '~' || c == '/') pointer_ += '~';
      pointer_ += c == '~' ? '0' : c == '/' ? '1' : c;
    }
    auto node = part(json);
    pointer_.resize(length);
    return node;
  }

  Node constant(const Value& json) {
    Node node;
    // Written by us a moment ago, so it parses.
    node.constant = *parse_json(arena_.copy(to_json(json)), arena_, {UINT32_MAX});
    return node;
  }

  std::optional<Node> array(const Value& json) {
    std::vector<std::optional<Node>> parts;
    bool all_constant = true;
    for (size_t i = 0; i < json.size(); ++i) {
      parts.push_back(part(json.items()[i], std::to_string(i)));
      all_constant = all_constant && !parts.back();
    }
    if (all_constant) return std::nullopt;
    Node node;
    node.kind = Node::Kind::array;
    for (size_t i = 0; i < parts.size(); ++i) {
      node.nodes.push_back(parts[i] ? std::move(*parts[i]) : constant(json.items()[i]));
    }
    return node;
  }

  std::optional<Node> object(const Value& json) {
    std::vector<std::optional<Node>> parts;
    bool all_constant = true;
    for (const Member& member : json.members()) {
      parts.push_back(member.key.ends_with(suffix) ? expression(member)
                                                   : part(member.value, member.key));
      all_constant = all_constant && !parts.back();
    }
    if (all_constant) return std::nullopt;
    Node node;
    node.kind = Node::Kind::object;
    std::unordered_map<std::string_view, size_t> positions;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Member& member = json.members()[i];
      std::string_view key = member.key;
      if (key.ends_with(suffix)) key.remove_suffix(suffix.size());
      Node value = parts[i] ? std::move(*parts[i]) : constant(member.value);
      // "a" and "a.$" are the same field of the result: the later one stays.
      const auto [known, added] = positions.emplace(key, node.nodes.size());
      if (!added) {
        node.nodes[known->second] = std::move(value);
        continue;
      }
      node.keys.emplace_back(key);
      node.nodes.push_back(std::move(value));
    }
    return node;
  }

  std::optional<Node> expression(const Member& member) {
    Node node;
    node.kind = Node::Kind::expression;
    node.field = member.key;
    if (member.value.is(Kind::string)) {
      auto compiled = PathExpression::compile(member.value.as_string());
      if (compiled) {
        node.expression = std::move(*compiled);
        return node;
      }
    }
    report(member.key);
    return node;
  }

  void report(std::string_view key) {
    if (problem_bytes_ >= most_problem_bytes) return;
    problems_.push_back({pointer_, "The value for the field '" + std::string(key) +
                                       "' must be a valid JSONPath or a valid intrinsic function "
                                       "call"});
    problem_bytes_ += pointer_.size() + key.size();
  }

  Arena& arena_;
  std::vector<Template::Problem>& problems_;
  std::string pointer_;  // of the part being compiled
  size_t problem_bytes_ = 0;
};

Result<Value> Template::Node::evaluate(Scope& scope) const {
  if (kind == Kind::constant) return constant;
  if (!scope.budget.spend()) return out_of_budget();
  if (kind == Kind::expression) {
    auto found = expression->evaluate(scope);
    const bool worded = expression->source() == PathExpression::Source::intrinsic;
    if (found || worded || scope.budget.exhausted()) return found;
    return Error{ErrorKind::runtime, "States.Runtime",
                 "The JSONPath '" + expression->text() + "' specified for the field '" + field +
                     "' could not be found in the input '" + to_json(expression->document(scope)) +
                     "'"};
  }
  std::vector<Value> items;
  items.reserve(nodes.size());
  for (const Node& node : nodes) {
    PD_TRY(value, node.evaluate(scope));
    items.push_back(value);
  }
  if (kind == Kind::array) return Value::array(items, scope.arena);
  std::vector<Member> members;
  members.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) members.push_back({keys[i], items[i]});
  return Value::object(members, scope.arena);
}

void Template::Node::variables(std::set<std::string>& names) const {
  if (expression) expression->variables(names);
  for (const Node& node : nodes) node.variables(names);
}

Template Template::compile(const Value& json, std::vector<Problem>& problems) {
  // The tree and the memory of its constants live and go together.
  struct Root {
    Arena constants;
    Node node;
  };
  auto root = std::make_shared<Root>();
  root->node = TemplateCompiler(root->constants, problems).compile(json);
  Template out;
  out.root_ = std::shared_ptr<const Node>(root, &root->node);
  return out;
}

Result<Value> Template::evaluate(Scope& scope) const {
  scope.arena.keep(root_);  // keys and constants of the result lie in the template
  return root_->evaluate(scope);
}

void Template::variables(std::set<std::string>& names) const { root_->variables(names); }

bool Template::constant() const { return root_->kind == Node::Kind::constant; }

}  // namespace perdure::asl
