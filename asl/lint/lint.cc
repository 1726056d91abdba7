#include "asl/lint/lint.h"

#include <algorithm>
#include <charconv>

#include "asl/value/value.h"

namespace perdure::asl {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

TextPosition at_offset(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::string_view line = before.substr(line_start);
  return {1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<size_t>(std::count_if(line.begin(), line.end(), begins_character))};
}

// The number behind `word` in the JSON parser's "[Source: ...; line: 1, column: 4]".
std::optional<size_t> number_after(std::string_view location, std::string_view word) {
  const size_t at = location.rfind(word);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = location.substr(at + word.size());
  size_t n = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (read.ec != std::errc()) return std::nullopt;
  return n;
}

bool located_by_parser(const Diagnostic& diagnostic) {
  return diagnostic.location.starts_with("[Source: ");
}

}  // namespace

std::optional<TextPosition> position_of(const Diagnostic& diagnostic, std::string_view definition) {
  if (located_by_parser(diagnostic)) {
    const auto line = number_after(diagnostic.location, "line: ");
    const auto column = number_after(diagnostic.location, "column: ");
    if (line && column) return TextPosition{*line, *column};
  }
  if (diagnostic.offset > definition.size()) return std::nullopt;
  // A key's quotation mark belongs to it.
  const size_t offset = diagnostic.offset;
  const bool quoted = offset > 0 && definition[offset - 1] == '"';
  return at_offset(definition, quoted ? offset - 1 : offset);
}

std::string format_diagnostic(const Diagnostic& diagnostic, std::string_view definition,
                              std::string_view file) {
  std::string out(file);
  if (const auto position = position_of(diagnostic, definition)) {
    out += ":" + std::to_string(position->line) + ":" + std::to_string(position->column);
  }
  out += diagnostic.severity == Diagnostic::Severity::error ? ": error: " : ": warning: ";
  out += without_location(diagnostic.message);
  if (!diagnostic.location.empty() && !located_by_parser(diagnostic)) {
    out += " at " + diagnostic.location;
  }
  return out + " [" + diagnostic.code + "]";
}

}  // namespace perdure::asl
