#include "asl/jsonpath/expression.h"

#include <optional>

#include "asl/intrinsics/call.h"
#include "asl/jsonpath/path.h"

namespace perdure::asl {

struct PathExpression::Compiled {
  std::string text;
  Source source = Source::input;
  std::string variable;                // without the $
  std::optional<jsonpath::Path> path;  // of all but intrinsic calls
  std::optional<intrinsics::Call> call;
};

namespace {

// The length of the variable name behind the first $; 0 for `$`, `$.a`, `$[0]`.
size_t variable_length(std::string_view text) {
  const size_t end = text.find_first_of(".[", 1);
  return (end == std::string_view::npos ? text.size() : end) - 1;
}

}  // namespace

Result<PathExpression> PathExpression::compile(std::string_view text) {
  auto compiled = std::make_shared<Compiled>();
  compiled->text = text;
  PathExpression expression;
  if (text.starts_with("States.")) {
    PD_TRY(call, intrinsics::Call::compile(text));
    compiled->call = std::move(call);
    compiled->source = Source::intrinsic;
    expression.compiled_ = std::move(compiled);
    return expression;
  }
  if (!text.starts_with('$')) return invalid("InvalidPathException", "A path begins with '$'");
  std::string path(text);
  if (text.starts_with("$$")) {
    compiled->source = Source::context;
    path.erase(0, 1);
  } else if (const size_t length = variable_length(text); length > 0 && text[1] != ' ') {
    compiled->source = Source::variable;
    compiled->variable = text.substr(1, length);
    path.erase(1, length);
  }
  PD_TRY(made, jsonpath::Path::compile(path));
  compiled->path = std::move(made);
  expression.compiled_ = std::move(compiled);
  return expression;
}

Result<Value> PathExpression::evaluate(Scope& scope) const {
  if (compiled_->call) return compiled_->call->evaluate(scope);
  Value root = scope.input;
  if (compiled_->source == Source::context) {
    PD_TRY(context, scope.environment.context());
    root = context;
  }
  if (compiled_->source == Source::variable) {
    PD_TRY(variable, scope.environment.variable(compiled_->variable));
    root = variable;
    if (!root.defined()) {
      return Error{ErrorKind::runtime, "States.Runtime",
                   "No results for path: $['" + compiled_->variable + "']"};
    }
  }
  auto found = compiled_->path->read(root, scope.arena, scope.budget);
  if (found) return found;
  Error error = std::move(found).error();
  error.name = "States.Runtime";
  return error;
}

PathExpression::Source PathExpression::source() const { return compiled_->source; }

const std::string& PathExpression::text() const { return compiled_->text; }

bool PathExpression::definite() const { return !compiled_->path || compiled_->path->definite(); }

bool PathExpression::is_reference() const {
  return compiled_->path && compiled_->path->is_reference();
}

Result<Value> PathExpression::write(const Value& root, const Value& value, Arena& arena) const {
  PD_ASSERT(compiled_->source == Source::input);
  return compiled_->path->write(root, value, arena);
}

void PathExpression::variables(std::set<std::string>& names) const {
  if (compiled_->source == Source::variable) names.insert(compiled_->variable);
  if (compiled_->call) compiled_->call->variables(names);
}

Value PathExpression::document(const Scope& scope) const {
  if (compiled_->source != Source::context) return scope.input;
  const auto context = scope.environment.context();
  return context ? *context : Value::null();
}

}  // namespace perdure::asl
