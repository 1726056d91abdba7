#include "asl/template/template.h"

#include <algorithm>
#include <optional>

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
};

namespace {

constexpr std::string_view suffix = ".$";

std::string pointer_token(std::string_view key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~' || c == '/') out += '~';
    out += c == '~' ? '0' : c == '/' ? '1' : c;
  }
  return out;
}

}  // namespace

// Builds the tree. What has no expression inside becomes one constant, however large.
class TemplateCompiler {
 public:
  using Node = Template::Node;

  TemplateCompiler(Arena& arena, std::vector<Template::Problem>& problems)
      : arena_(arena), problems_(problems) {}

  Node compile(const Value& json, const std::string& pointer) {
    auto node = part(json, pointer);
    return node ? std::move(*node) : constant(json);
  }

 private:
  // Nothing for a part without expressions.
  std::optional<Node> part(const Value& json, const std::string& pointer) {
    if (json.is(Kind::array)) return array(json, pointer);
    if (json.is(Kind::object)) return object(json, pointer);
    return std::nullopt;
  }

  Node constant(const Value& json) {
    Node node;
    // Written by us a moment ago, so it parses.
    node.constant = *parse_json(arena_.copy(to_json(json)), arena_, {UINT32_MAX});
    return node;
  }

  std::optional<Node> array(const Value& json, const std::string& pointer) {
    std::vector<std::optional<Node>> parts;
    bool all_constant = true;
    for (size_t i = 0; i < json.size(); ++i) {
      parts.push_back(part(json.items()[i], pointer + "/" + std::to_string(i)));
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

  std::optional<Node> object(const Value& json, const std::string& pointer) {
    std::vector<std::optional<Node>> parts;
    bool all_constant = true;
    for (const Member& member : json.members()) {
      parts.push_back(member.key.ends_with(suffix)
                          ? expression(member, pointer)
                          : part(member.value, pointer + pointer_token(member.key)));
      all_constant = all_constant && !parts.back();
    }
    if (all_constant) return std::nullopt;
    Node node;
    node.kind = Node::Kind::object;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Member& member = json.members()[i];
      std::string_view key = member.key;
      if (key.ends_with(suffix)) key.remove_suffix(suffix.size());
      set(node, key, parts[i] ? std::move(*parts[i]) : constant(member.value));
    }
    return node;
  }

  // "a" and "a.$" are the same field of the result: the later one stays.
  static void set(Node& object, std::string_view key, Node node) {
    const auto known = std::find(object.keys.begin(), object.keys.end(), key);
    if (known != object.keys.end()) {
      object.nodes[static_cast<size_t>(known - object.keys.begin())] = std::move(node);
      return;
    }
    object.keys.emplace_back(key);
    object.nodes.push_back(std::move(node));
  }

  std::optional<Node> expression(const Member& member, const std::string& pointer) {
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
    problems_.push_back({pointer, "The value for the field '" + std::string(member.key) +
                                      "' must be a valid JSONPath or a valid intrinsic function "
                                      "call"});
    return node;
  }

  Arena& arena_;
  std::vector<Template::Problem>& problems_;
};

Result<Value> Template::Node::evaluate(Scope& scope) const {
  if (kind == Kind::constant) return constant;
  if (!scope.budget.spend()) return out_of_budget();
  if (kind == Kind::expression) {
    auto found = expression->evaluate(scope);
    const bool worded = expression->source() == PathExpression::Source::intrinsic;
    if (found || worded || found.error().name == out_of_budget_error) return found;
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

Template Template::compile(const Value& json, std::vector<Problem>& problems) {
  // The tree and the memory of its constants live and go together.
  struct Root {
    Arena constants;
    Node node;
  };
  auto root = std::make_shared<Root>();
  root->node = TemplateCompiler(root->constants, problems).compile(json, "");
  Template out;
  out.root_ = std::shared_ptr<const Node>(root, &root->node);
  return out;
}

Result<Value> Template::evaluate(Scope& scope) const {
  scope.arena.keep(root_);  // keys and constants of the result lie in the template
  return root_->evaluate(scope);
}

bool Template::constant() const { return root_->kind == Node::Kind::constant; }

}  // namespace perdure::asl
