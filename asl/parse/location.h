#pragma once
// Where in a definition something stands, as AWS writes it: "/States/Try/Catch[0]/Next".

#include <string>
#include <string_view>

namespace perdure::asl {

class Location {
 public:
  Location() = default;  // the definition itself, "/"

  // The field of the object here. `key` must point into the definition's text if that is where it
  // comes from: diagnostics take line and column from it.
  Location field(std::string_view key) const {
    return Location(text_ + "/" + std::string(key), key.data());
  }
  Location item(size_t index) const {
    return Location(text_ + "[" + std::to_string(index) + "]", anchor_);
  }

  std::string text() const { return text_.empty() ? "/" : text_; }
  const char* anchor() const { return anchor_; }

 private:
  Location(std::string text, const char* anchor) : text_(std::move(text)), anchor_(anchor) {}

  std::string text_;
  const char* anchor_ = nullptr;
};

}  // namespace perdure::asl
