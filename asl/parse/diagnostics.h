#pragma once
// Collects what is wrong with one definition. A hostile one could be wrong in more places than it
// has bytes to spare: past 1,000 errors or 1 MiB of text
// more are counted but not kept; warnings and what is unsupported have the same room each.

#include <string>
#include <string_view>
#include <vector>

#include "asl/parse/location.h"
#include "asl/parse/parse.h"

namespace perdure::asl {

class Diagnostics {
 public:
  // `text` is the definition; locations whose anchor points into it give a diagnostic its offset.
  explicit Diagnostics(std::string_view text) : text_(text) {}

  void error(std::string code, std::string message, const Location& at);
  void error_without_location(std::string code, std::string message);
  // The text is no JSON; `location` says where, in the parser's own words.
  void invalid_json(std::string_view problem, std::string_view location);
  void warning(std::string code, std::string message, const Location& at);
  // SCHEMA_VALIDATION_FAILED, by far the most frequent code.
  void schema(std::string message, const Location& at);

  // The definition uses a part of the language that AWS has and we do not run yet. Reported only if
  // the definition is right otherwise, so that a mistake is told in AWS's words alone.
  void unsupported(std::string message, const Location& at);

  bool any_error() const { return errors_.count > 0; }

  // Everything, in the order of the text; what has no location comes last.
  std::vector<Diagnostic> take();

 private:
  // Diagnostics of one sort, as many as there is room for.
  struct Kept {
    std::vector<Diagnostic> list;
    size_t bytes = 0;
    size_t count = 0;  // with those that found no room

    // Counts one more; whether there is room for it.
    bool admit();
    void keep(Diagnostic diagnostic);
  };
  void add(Kept& to, Diagnostic::Severity severity, std::string code, std::string message,
           const Location& at);
  size_t offset_of(const Location& at) const;

  std::string_view text_;
  Kept errors_;
  Kept warnings_;
  Kept unsupported_;
};

}  // namespace perdure::asl
