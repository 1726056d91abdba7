#include "asl/parse/paths.h"

#include <array>
#include <utility>

#include "asl/parse/queries.h"

namespace perdure::asl {
namespace {

// Why a text is no Reference Path, in AWS's words where they are known.
std::string reference_problem(std::string_view text) {
  if (!text.starts_with('$')) return ": Reference path didn't start with '$'";
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const char next = text[i + 1];
    if (text[i] == '[' && next != '\'' && next != '[' && (next < '0' || next > '9')) {
      return ": '[' must be followed by ' or '['";
    }
  }
  return "";
}

bool follows(const PathExpression& path, PathRule rule) {
  using Source = PathExpression::Source;
  if (path.source() == Source::intrinsic) return rule.intrinsic;
  if (path.source() == Source::context && !rule.context) return false;
  if (path.source() == Source::variable && !rule.variable) return false;
  return !rule.reference || path.is_reference();
}

void report(const ObjectReader& reader, std::string_view field, std::string_view text,
            PathRule rule) {
  std::string message = "Value must be a valid JSONPath.";
  if (rule.reference) {
    message = "Value is not a Reference Path" + reference_problem(text);
  } else if (rule.intrinsic) {
    message = "Value must be a valid JSONPath or a valid intrinsic function call.";
  }
  reader.diagnostics().schema(std::move(message), reader.location(field));
}

std::optional<PathExpression> compile(const ObjectReader& reader, std::string_view field,
                                      std::string_view text, PathRule rule) {
  Result<PathExpression> path = PathExpression::compile(text);
  if (!path || !follows(*path, rule)) {
    report(reader, field, text, rule);
    return std::nullopt;
  }
  reader.context().refers_by(*path);
  return std::move(*path);
}

}  // namespace

std::optional<PathExpression> read_path(const ObjectReader& reader, std::string_view field,
                                        PathRule rule) {
  if (reader.jsonata()) return std::nullopt;
  const std::optional<std::string> text = reader.text(field);
  if (!text) return std::nullopt;
  return compile(reader, field, *text, rule);
}

PathOrNull read_path_or_null(const ObjectReader& reader, std::string_view field, PathRule rule) {
  if (rule.null && reader.get(field).is(Kind::null)) return {.null = true};
  return {.path = read_path(reader, field, rule)};
}

SecondsField read_seconds(const ObjectReader& reader, std::string_view field,
                          std::string_view path_field, Range<int64_t> range) {
  reader.at_most_one_of(std::array{field, path_field});
  return {.seconds = reader.integer(field, range),
          .path = read_path(reader, path_field, reference_path),
          .query = read_expression(reader, field)};
}

bool looks_like_path(std::string_view text) {
  return text == "$" || text == "$$" || text.starts_with("$.") || text.starts_with("$$.") ||
         text.starts_with("$[");
}

bool looks_like_call(std::string_view text) {
  if (!text.starts_with("States.") || !text.ends_with(')')) return false;
  const size_t open = text.find('(');
  if (open == std::string_view::npos) return false;
  for (const char c : text.substr(7, open - 7)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter) return false;
  }
  return open > 7;
}

}  // namespace perdure::asl
