// The grammar of intrinsic calls: specification, appendix B, with what AWS was seen to accept.

#include "asl/intrinsics/node.h"

namespace perdure::asl::intrinsics {
namespace {

using Node = Call::Node;
using NodePtr = std::unique_ptr<const Node>;

constexpr int deepest_call = 10;

Error syntax(std::string cause) { return invalid("InvalidIntrinsic", std::move(cause)); }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    PD_TRY(node, call(1));
    skip_space();
    if (at_ < text_.size()) return syntax("something follows the call");
    return node;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  Result<NodePtr> call(int depth);
  Result<NodePtr> argument(int depth, bool is_template);
  Result<NodePtr> quoted(bool is_template);
  Result<NodePtr> path();
  Result<NodePtr> word();

  std::string_view text_;
  size_t at_ = 0;
};

Result<NodePtr> Parser::call(int depth) {
  constexpr std::string_view prefix = "States.";
  if (depth > deepest_call) return syntax("calls are nested more than ten deep");
  const size_t start = at_;
  const size_t open = text_.find('(', at_);
  if (!text_.substr(at_).starts_with(prefix) || open == std::string_view::npos) {
    return syntax("a call of an intrinsic function is expected");
  }
  const std::string_view name = text_.substr(at_ + prefix.size(), open - at_ - prefix.size());
  auto node = std::make_unique<Node>();
  node->kind = Node::Kind::call;
  node->function = find_function(name);
  if (!node->function) return syntax("no such function: " + std::string(name));
  at_ = open + 1;
  skip_space();
  while (!next_is(')')) {
    const bool is_template = node->function->run == format && node->arguments.empty();
    PD_TRY(made, argument(depth, is_template));
    node->arguments.push_back(std::move(made));
    skip_space();
    if (next_is(')')) break;
    if (!next_is(',')) return syntax("a comma or a closing parenthesis is expected");
    ++at_;
    skip_space();
    if (next_is(')')) return syntax("an argument is expected");
  }
  ++at_;
  const size_t count = node->arguments.size();
  if (count < node->function->fewest || count > node->function->most) {
    return syntax("wrong number of arguments for " + std::string(name));
  }
  node->text = text_.substr(start, at_ - start);
  return NodePtr(std::move(node));
}

Result<NodePtr> Parser::argument(int depth, bool is_template) {
  if (at_ == text_.size()) return syntax("an argument is expected");
  if (next_is('\'')) return quoted(is_template);
  if (next_is('$')) return path();
  if (next_is('S')) return call(depth + 1);
  return word();
}

// In the template of States.Format escapes stay as they are, because an escaped brace differs from
// a bare one there.
Result<NodePtr> Parser::quoted(bool is_template) {
  auto node = std::make_unique<Node>();
  for (++at_; !next_is('\''); ++at_) {
    if (at_ == text_.size()) return syntax("a string does not end");
    if (text_[at_] == '\\') {
      ++at_;
      const bool known = at_ < text_.size() &&
                         std::string_view("'{}\\").find(text_[at_]) != std::string_view::npos;
      if (!known) return syntax("a backslash stands before something that needs none");
      if (is_template) node->text += '\\';
    }
    node->text += text_[at_];
  }
  ++at_;
  node->literal = Value::string(node->text);
  return NodePtr(std::move(node));
}

// A path goes on to the comma or parenthesis that is not within its brackets.
Result<NodePtr> Parser::path() {
  const size_t start = at_;
  int brackets = 0;
  bool in_quotes = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\'' && brackets > 0) in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (c == '[') ++brackets;
    if (c == ']') --brackets;
    if (brackets <= 0 && (c == ',' || c == ')' || is_space(c))) break;
  }
  auto node = std::make_unique<Node>();
  node->kind = Node::Kind::path;
  PD_TRY(compiled, PathExpression::compile(text_.substr(start, at_ - start)));
  node->path = std::move(compiled);
  return NodePtr(std::move(node));
}

// A number, true, false or null.
Result<NodePtr> Parser::word() {
  const size_t start = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')' && !is_space(text_[at_])) {
    ++at_;
  }
  auto node = std::make_unique<Node>();
  node->text = text_.substr(start, at_ - start);
  Arena arena;
  PD_TRY(value, parse_json(node->text, arena));
  if (!value.is_number() && !value.is(Kind::boolean) && !value.is(Kind::null)) {
    return syntax("an argument is expected");
  }
  node->literal = value;
  return NodePtr(std::move(node));
}

}  // namespace

Result<NodePtr> parse_call(std::string_view text) { return Parser(text).whole(); }

}  // namespace perdure::asl::intrinsics
