#include "asl/parse/queries.h"

#include <string>

#include "asl/jsonata/expression.h"

namespace perdure::asl {
namespace {

constexpr const char* invalid_expression = "INVALID_JSONATA_EXPRESSION";
constexpr const char* unsupported_expression = "UNSUPPORTED_JSONATA_EXPRESSION";

class Checker {
 public:
  Checker(Diagnostics& diagnostics, Visible visible)
      : diagnostics_(diagnostics), visible_(visible) {}

  // Whether all expressions inside are right.
  bool check(const Value& value, const Location& at) {
    if (value.is(Kind::string)) check_text(value.as_string(), at);
    if (value.is(Kind::array)) {
      size_t i = 0;
      for (const Value& item : value.items()) check(item, at.item(i++));
    }
    if (value.is(Kind::object)) {
      for (const Member& member : value.members()) check(member.value, at.field(member.key));
    }
    return right_;
  }

 private:
  void check_text(std::string_view text, const Location& at) {
    if (!text.starts_with("{%")) return;
    const auto inside = jsonata_expression(text);
    if (!inside) {
      right_ = false;
      return diagnostics_.schema("JSONata string must start with {% and end with %}", at);
    }
    const auto expression = jsonata::Expression::compile(*inside, jsonata::Mode::aws);
    if (!expression) {
      return report(invalid_expression, jsonata::message_of(expression.error()), at);
    }
    check_references(expression->references(), at);
  }

  // There is no context at the top level, and only some fields of $states.
  void check_references(const jsonata::Expression::References& references, const Location& at) {
    for (const std::string& name : references.top_level) {
      report(unsupported_expression, jsonata::unsupported_reference(name), at);
    }
    for (const std::string& field : references.states) {
      const bool known = field == "input" || field == "context" ||
                         (field == "result" && visible_.result) ||
                         (field == "errorOutput" && visible_.error_output);
      if (!known) report(unsupported_expression, jsonata::unknown_states_field(field), at);
    }
  }

  void report(const char* code, std::string message, const Location& at) {
    right_ = false;
    diagnostics_.error(code, std::move(message), at);
  }

  Diagnostics& diagnostics_;
  const Visible visible_;
  bool right_ = true;
};

}  // namespace

std::optional<Query> read_query(const ObjectReader& reader, std::string_view field,
                                Visible visible) {
  const Value value = reader.get(field);
  if (!reader.jsonata() || !value.defined()) return std::nullopt;
  const Location at = reader.location(field);
  if (!Checker(reader.diagnostics(), visible).check(value, at)) return std::nullopt;
  // Errors name the field from the state on.
  return Query::compile(value, at.text().substr(reader.context().state_at.size() + 1));
}

std::optional<Query> read_expression(const ObjectReader& reader, std::string_view field) {
  const Value value = reader.get(field);
  if (!value.is(Kind::string) || !value.as_string().starts_with("{%")) return std::nullopt;
  return read_query(reader, field);
}

}  // namespace perdure::asl
