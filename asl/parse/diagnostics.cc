#include "asl/parse/diagnostics.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace perdure::asl {
namespace {

constexpr size_t most_diagnostics = 1'000;
constexpr size_t most_bytes = 1 << 20;

constexpr auto is_error = Diagnostic::Severity::error;
constexpr auto is_warning = Diagnostic::Severity::warning;

}  // namespace

bool Diagnostics::Kept::admit() {
  ++count;
  return list.size() < most_diagnostics && bytes < most_bytes;
}

void Diagnostics::Kept::keep(Diagnostic diagnostic) {
  bytes += diagnostic.message.size() + diagnostic.location.size();
  list.push_back(std::move(diagnostic));
}

void Diagnostics::add(Kept& to, Diagnostic::Severity severity, std::string code,
                      std::string message, const Location& at) {
  if (!to.admit()) return;
  to.keep({severity, std::move(code), std::move(message), at.text(), offset_of(at)});
}

size_t Diagnostics::offset_of(const Location& at) const {
  const char* const anchor = at.anchor();
  if (!anchor) return 0;
  // Keys with escapes live elsewhere than in the text; std::less orders any two pointers.
  const std::less<const char*> before;
  if (before(anchor, text_.data()) || !before(anchor, text_.data() + text_.size())) {
    return Diagnostic::no_offset;
  }
  return static_cast<size_t>(anchor - text_.data());
}

void Diagnostics::error(std::string code, std::string message, const Location& at) {
  add(errors_, is_error, std::move(code), std::move(message), at);
}

void Diagnostics::error_without_location(std::string code, std::string message) {
  if (!errors_.admit()) return;
  errors_.keep({is_error, std::move(code), std::move(message), "", Diagnostic::no_offset});
}

void Diagnostics::invalid_json(std::string_view problem, std::string_view location) {
  if (!errors_.admit()) return;
  errors_.keep({is_error, "INVALID_JSON_DESCRIPTION", std::string(problem), std::string(location),
                Diagnostic::no_offset});
}

void Diagnostics::warning(std::string code, std::string message, const Location& at) {
  add(warnings_, is_warning, std::move(code), std::move(message), at);
}

void Diagnostics::schema(std::string message, const Location& at) {
  error("SCHEMA_VALIDATION_FAILED", std::move(message), at);
}

void Diagnostics::unsupported(std::string message, const Location& at) {
  add(unsupported_, is_error, unsupported_feature, std::move(message), at);
}

std::vector<Diagnostic> Diagnostics::take() {
  if (!any_error()) std::swap(errors_, unsupported_);
  std::vector<Diagnostic> all = std::move(errors_.list);
  std::move(warnings_.list.begin(), warnings_.list.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.offset < b.offset; });
  return all;
}

}  // namespace perdure::asl
