#pragma once
// A regular expression of a service model, compiled once. A value must match as a whole.

#include <memory>
#include <string>
#include <string_view>

namespace perdure::api {

class Pattern {
 public:
  Pattern() = default;  // matches everything
  explicit Pattern(std::string text);

  explicit operator bool() const { return code_ != nullptr; }
  bool matches(std::string_view value) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::shared_ptr<void> code_;  // pcre2_code, shared by copies
};

}  // namespace perdure::api
