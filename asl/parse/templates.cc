#include "asl/parse/templates.h"

#include <array>
#include <cctype>
#include <vector>

#include "asl/parse/paths.h"

namespace perdure::asl {
namespace {

constexpr size_t longest_variable_name = 80;  // in characters (AWS quota)

// Calls `see(key, text, location)` for each string inside; the key is empty in arrays.
template <class See>
void for_each_text(const Value& value, std::string_view key, const Location& at, const See& see) {
  if (value.is(Kind::string)) {
    see(key, value.as_string(), at);
  } else if (value.is(Kind::array)) {
    size_t i = 0;
    for (const Value& item : value.items()) for_each_text(item, {}, at.item(i++), see);
  } else if (value.is(Kind::object)) {
    for (const Member& member : value.members()) {
      for_each_text(member.value, member.key, at.field(member.key), see);
    }
  }
}

void warn_of_missing_dollar(const ObjectReader& reader, std::string_view field) {
  for_each_text(reader.get(field), field, reader.location(field),
                [&](std::string_view key, std::string_view text, const Location& at) {
                  if (key.ends_with(".$") || !(looks_like_path(text) || looks_like_call(text))) {
                    return;
                  }
                  reader.diagnostics().warning(
                      "NO_DOLLAR",
                      "No '.$' on a field that appears to be a JSONPath or Intrinsic Function.",
                      at);
                });
}

// "Passing data between states with variables": a Unicode identifier of at most 80 characters that
// is not the reserved `states`.
void check_variable_name(const ObjectReader& assign, std::string_view key) {
  std::string_view name = key;
  if (!assign.jsonata() && name.ends_with(".$")) name.remove_suffix(2);
  size_t characters = 0;
  bool identifier = !name.empty() && (name[0] < '0' || name[0] > '9');
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    characters += (byte & 0xC0) != 0x80;
    identifier &= std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
  }
  if (identifier && characters <= longest_variable_name && name != "states") return;
  assign.diagnostics().schema("The variable name '" + std::string(name) + "' is not valid",
                              assign.location(key));
}

}  // namespace

std::optional<Template> read_template(const ObjectReader& reader, std::string_view field) {
  const Value value = reader.get(field);
  if (!value.defined() || reader.jsonata()) return std::nullopt;
  std::vector<Template::Problem> problems;
  Template compiled = Template::compile(value, problems);
  // AWS names the field of the state and, in the message, the key inside the template.
  for (const Template::Problem& problem : problems) {
    reader.diagnostics().schema(problem.message, reader.location(field));
  }
  if (!problems.empty()) return std::nullopt;
  warn_of_missing_dollar(reader, field);
  reader.context().refers_by(compiled);
  return compiled;
}

std::optional<Fillable> read_fillable(const ObjectReader& reader, std::string_view field,
                                      Visible visible) {
  if (auto query = read_query(reader, field, visible)) return Fillable(std::move(*query));
  if (auto compiled = read_template(reader, field)) return Fillable(std::move(*compiled));
  return std::nullopt;
}

std::optional<Fillable> read_assign(const ObjectReader& reader, Visible visible) {
  const std::optional<ObjectReader> assign = reader.object("Assign");
  if (!assign) return std::nullopt;
  for (const Member& member : assign->value().members()) check_variable_name(*assign, member.key);
  return read_fillable(reader, "Assign", visible);
}

void warn_of_static_result(const ObjectReader& reader, std::string_view field) {
  for_each_text(reader.get(field), field, reader.location(field),
                [&](std::string_view, std::string_view text, const Location& at) {
                  if (!looks_like_path(text) && !looks_like_call(text)) return;
                  reader.diagnostics().warning(
                      "PASS_RESULT_IS_STATIC",
                      "Attempt to use a path in the result of a pass state.", at);
                });
}

void warn_of_missing_path(const ObjectReader& reader, std::string_view field) {
  const Value value = reader.get(field);
  if (!value.is(Kind::string) || !looks_like_path(value.as_string())) return;
  reader.diagnostics().warning(
      "NO_PATH", "Field value looks like a path, but field name does not end with 'Path'.",
      reader.location(field));
}

}  // namespace perdure::asl
