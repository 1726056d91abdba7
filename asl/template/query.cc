#include "asl/template/query.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "asl/jsonata/expression.h"

namespace perdure::asl {

struct Query::Node {
  enum class Kind : uint8_t { constant, expression, array, object };
  Kind kind = Kind::constant;
  std::string field;  // the way to this part: "Output/a[0]"
  Value constant;     // lies in the arena of the root
  std::string text;   // of an expression: what stands between the delimiters
  std::optional<jsonata::Expression> expression;
  std::vector<std::string> keys;  // of an object
  std::vector<Node> nodes;        // its members, or the items of an array

  Result<Value> evaluate(Scope& scope, std::string& failed_at) const;
  Result<Value> evaluate_expression(Scope& scope, std::string& failed_at) const;
  Error about(const std::string& what, std::string& failed_at) const {
    failed_at = field;
    return query_error("The JSONata expression '" + text + "' specified for the field '" + field +
                       "' " + what);
  }
};

// The tree and the memory of its constants live and go together.
struct Query::Root {
  Arena constants;
  Node node;
  Reads reads;
};

// Builds the tree. What has no expression inside becomes one constant, however large.
class QueryCompiler {
 public:
  using Node = Query::Node;
  explicit QueryCompiler(Query::Root& root) : arena_(root.constants), reads_(root.reads) {}

  Node compile(const Value& json, std::string field) {
    Node node;
    if (json.is(Kind::string)) {
      if (const auto text = jsonata_expression(json.as_string())) {
        node.kind = Node::Kind::expression;
        node.text = trimmed(*text);
        auto expression = jsonata::Expression::compile(*text, jsonata::Mode::aws);
        PD_ASSERT(expression);
        node.expression = std::move(*expression);
        note(node.expression->references());
      }
    } else if (json.is(Kind::array)) {
      compile_items(json, field, node);
    } else if (json.is(Kind::object)) {
      compile_members(json, field, node);
    }
    if (node.kind == Node::Kind::constant) {
      // Written by us a moment ago, so it parses.
      node.constant = *parse_json(arena_.copy(to_json(json)), arena_, {UINT32_MAX});
    }
    node.field = std::move(field);
    return node;
  }

 private:
  static std::string trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
  }

  void compile_items(const Value& json, const std::string& field, Node& node) {
    size_t i = 0;
    for (const Value& item : json.items()) {
      node.nodes.push_back(compile(item, field + "[" + std::to_string(i++) + "]"));
    }
    settle(node, Node::Kind::array);
  }

  void compile_members(const Value& json, const std::string& field, Node& node) {
    for (const Member& member : json.members()) {
      node.keys.emplace_back(member.key);
      node.nodes.push_back(compile(member.value, field + "/" + std::string(member.key)));
    }
    settle(node, Node::Kind::object);
  }

  void note(const jsonata::Expression::References& references) {
    add_to(reads_.variables, references.read);
    add_to(reads_.states, references.states);
    reads_.whole_states |= references.whole_states;
  }
  static void add_to(std::vector<std::string>& names, const std::vector<std::string>& more) {
    for (const std::string& name : more) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }

  static void settle(Node& node, Node::Kind kind) {
    for (const Node& part : node.nodes) {
      if (part.kind != Node::Kind::constant) node.kind = kind;
    }
    if (node.kind != Node::Kind::constant) return;
    node.nodes.clear();
    node.keys.clear();
  }

  Arena& arena_;
  Query::Reads& reads_;
};

namespace {

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    default:
      return "object";
  }
}

// A code of the reference's comes before its message; the bounds have none.
std::string what_happened(const jsonata::Fault& fault) {
  const std::string message = jsonata::message_of(fault);
  const bool coded = !fault.code.empty() && fault.code != "U1001";
  return "threw an error during evaluation" + (coded ? ". " + fault.code : "") + ": " + message;
}

}  // namespace

Result<Value> Query::Node::evaluate_expression(Scope& scope, std::string& failed_at) const {
  const jsonata::Surroundings surroundings{scope.now_ms, scope.random};
  const auto value = expression->evaluate(Value(), scope.names, surroundings,
                                          jsonata::aws_limits(), scope.budget, scope.arena);
  if (!value) return about(what_happened(value.error()), failed_at);
  if (!value->defined()) return about("returned nothing (undefined).", failed_at);
  if (value->is(asl::Kind::function))
    return about("returned an unsupported result type.", failed_at);
  return *value;
}

Result<Value> Query::Node::evaluate(Scope& scope, std::string& failed_at) const {
  if (kind == Kind::constant) return constant;
  if (kind == Kind::expression) return evaluate_expression(scope, failed_at);
  std::vector<Value> parts;
  parts.reserve(nodes.size());
  for (const Node& node : nodes) {
    PD_TRY(value, node.evaluate(scope, failed_at));
    parts.push_back(value);
  }
  if (kind == Kind::array) return Value::array(parts, scope.arena);
  std::vector<Member> members;
  members.reserve(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) members.push_back({keys[i], parts[i]});
  return Value::object(members, scope.arena);
}

std::optional<std::string_view> jsonata_expression(std::string_view text) {
  if (text.size() < 4 || !text.starts_with("{%") || !text.ends_with("%}")) return std::nullopt;
  return text.substr(2, text.size() - 4);
}

Query Query::compile(const Value& json, std::string field) {
  auto root = std::make_shared<Root>();
  root->node = QueryCompiler(*root).compile(json, std::move(field));
  Query query;
  query.root_ = std::move(root);
  return query;
}

Result<Value> Query::evaluate(Scope& scope, std::string& failed_at) const {
  scope.arena.keep(root_);  // keys and constants of the result lie in the query
  return root_->node.evaluate(scope, failed_at);
}

Error Query::unexpected(std::string_view expected, const Value& value,
                        std::string& failed_at) const {
  return root_->node.about("returned an unexpected result type. Expected '" +
                               std::string(expected) + "', but was '" +
                               std::string(type_name(value)) + "' for value: " + to_json(value),
                           failed_at);
}

const Query::Reads& Query::reads() const { return root_->reads; }

bool Query::Reads::of_states(std::string_view state_field) const {
  return whole_states || std::find(states.begin(), states.end(), state_field) != states.end();
}

const std::string& Query::field() const { return root_->node.field; }

Error query_error(std::string cause) {
  return Error{ErrorKind::runtime, "States.QueryEvaluationError", std::move(cause)};
}

}  // namespace perdure::asl
