#include "asl/parse/diagnostics.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace perdure::asl {

size_t Diagnostics::offset_of(const Location& at) const {
  const char* const anchor = at.anchor();
  // Keys with escapes live elsewhere than in the text; std::less orders any two pointers.
  const std::less<const char*> before;
  if (!anchor || before(anchor, text_.data()) || !before(anchor, text_.data() + text_.size())) {
    return Diagnostic::no_offset;
  }
  return static_cast<size_t>(anchor - text_.data());
}

void Diagnostics::add(Diagnostic::Severity severity, std::string code, std::string message,
                      const Location& at) {
  const size_t offset = at.anchor() ? offset_of(at) : 0;
  found_.push_back({severity, std::move(code), std::move(message), at.text(), offset});
}

void Diagnostics::error(std::string code, std::string message, const Location& at) {
  ++errors_;
  add(Diagnostic::Severity::error, std::move(code), std::move(message), at);
}

void Diagnostics::error_without_location(std::string code, std::string message) {
  ++errors_;
  found_.push_back({Diagnostic::Severity::error, std::move(code), std::move(message), "",
                    Diagnostic::no_offset});
}

void Diagnostics::invalid_json(std::string_view problem, std::string_view location) {
  ++errors_;
  found_.push_back({Diagnostic::Severity::error, "INVALID_JSON_DESCRIPTION", std::string(problem),
                    std::string(location), Diagnostic::no_offset});
}

void Diagnostics::warning(std::string code, std::string message, const Location& at) {
  add(Diagnostic::Severity::warning, std::move(code), std::move(message), at);
}

void Diagnostics::schema(std::string message, const Location& at) {
  error("SCHEMA_VALIDATION_FAILED", std::move(message), at);
}

void Diagnostics::unsupported(std::string message, const Location& at) {
  const auto same = [&](const Diagnostic& d) {
    return d.message == message && d.location == at.text();
  };
  if (std::any_of(unsupported_.begin(), unsupported_.end(), same)) return;
  unsupported_.push_back({Diagnostic::Severity::error, unsupported_feature, std::move(message),
                          at.text(), offset_of(at)});
}

std::vector<Diagnostic> Diagnostics::take() {
  if (errors_ == 0) {
    errors_ = unsupported_.size();
    std::move(unsupported_.begin(), unsupported_.end(), std::back_inserter(found_));
  }
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.offset < b.offset; });
  return std::move(found_);
}

}  // namespace perdure::asl
