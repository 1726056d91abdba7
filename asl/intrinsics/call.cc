#include "asl/intrinsics/call.h"

#include "asl/intrinsics/node.h"

namespace perdure::asl::intrinsics {
namespace {

using Node = Call::Node;

Error worded(const Node& call, Error error) {
  error.cause = "The function '" + call.text + "' had the following error: " + error.cause;
  return error;
}

Result<Value> evaluate_path(const Node& call, const PathExpression& path, Scope& scope) {
  auto found = path.evaluate(scope);
  if (found || scope.budget.exhausted()) return found;
  return worded(call,
                {ErrorKind::runtime, "States.Runtime",
                 "The JsonPath argument for the field '" + path.text() +
                     "' could not be found in the input '" + to_json(path.document(scope)) + "'"});
}

Result<Value> evaluate_call(const Node& call, Scope& scope) {
  if (!scope.budget.spend()) return out_of_budget();
  std::vector<Value> arguments;
  arguments.reserve(call.arguments.size());
  for (const auto& argument : call.arguments) {
    if (argument->kind == Node::Kind::literal) {
      arguments.push_back(argument->literal);
    } else if (argument->kind == Node::Kind::path) {
      PD_TRY(value, evaluate_path(call, *argument->path, scope));
      arguments.push_back(value);
    } else {
      PD_TRY(value, evaluate_call(*argument, scope));
      arguments.push_back(value);
    }
  }
  auto result = call.function->run(arguments, scope);
  if (result || scope.budget.exhausted()) return result;
  return worded(call, std::move(result).error());
}

void add_variables(const Node& node, std::set<std::string>& names) {
  if (node.path) node.path->variables(names);
  for (const auto& argument : node.arguments) add_variables(*argument, names);
}

}  // namespace

void Call::variables(std::set<std::string>& names) const { add_variables(*root_, names); }

Result<Call> Call::compile(std::string_view text) {
  PD_TRY(root, parse_call(text));
  Call call;
  call.root_ = std::move(root);
  return call;
}

Result<Value> Call::evaluate(Scope& scope) const {
  scope.arena.keep(root_);  // a literal's text may be part of the result
  return evaluate_call(*root_, scope);
}

}  // namespace perdure::asl::intrinsics
