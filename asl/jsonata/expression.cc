#include "asl/jsonata/expression.h"

#include "asl/jsonata/evaluator.h"
#include "asl/jsonata/parser.h"
#include "asl/jsonata/references.h"
#include "asl/jsonata/text/regex.h"

namespace perdure::asl::jsonata {

Outcome<Expression> Expression::compile(std::string_view text, Mode mode) {
  auto program = std::make_shared<Program>();
  PD_CHECK(compile_into(*program, std::string(text), mode));
  find_references(*program);
  Expression out;
  out.program_ = std::move(program);
  return out;
}

Outcome<bool> compile_into(Program& program, std::string text, Mode mode) {
  program.text = std::move(text);
  program.mode = mode;
  auto root = parse(program.text, program);
  if (!root) {
    Fault out = std::move(root).error();
    out.position = text::utf16_index(program.text, std::min(out.position, program.text.size()));
    return out;
  }
  program.root = *root;
  for (Symbol symbol = 1; symbol < program.symbols.size(); ++symbol) {
    if (symbol < program.globals.size()) continue;
    program.globals.resize(symbol + 1);
    program.globals[symbol] = find_function(program.symbols.name(symbol), mode);
  }
  return true;
}

Outcome<Value> Expression::evaluate(const Value& input, const Value& bindings,
                                    const Surroundings& surroundings, const Limits& limits,
                                    Budget& budget, Arena& arena) const {
  // Results may point to its texts.
  if (program_->has_texts) arena.keep(program_);
  Evaluator evaluator(*program_, surroundings, limits, budget, arena);
  auto result = evaluator.run(input, bindings);
  if (result) return result;
  Fault out = std::move(result).error();
  const std::string& text = program_->text;
  out.position = text::utf16_index(text, std::min(out.position, text.size()));
  return out;
}

const std::string& Expression::text() const { return program_->text; }

const Expression::References& Expression::references() const { return program_->references; }

}  // namespace perdure::asl::jsonata
