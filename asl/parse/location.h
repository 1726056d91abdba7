#pragma once
// Where in a definition something stands, as AWS writes it: "/States/Try/Catch[0]/Next".

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace perdure::asl {

// Cheap to extend and to copy: the text is put together only when a diagnostic needs it, so that a
// definition with huge keys costs no more than its size. Keys must outlive the location.
class Location {
 public:
  Location() = default;  // the definition itself, "/"

  // The field of the object here. If `key` points into the definition's text, diagnostics take line
  // and column from it.
  Location field(std::string_view key) const {
    return Location(std::make_shared<const Step>(Step{last_, key, 0, true}));
  }
  Location item(size_t index) const {
    return Location(std::make_shared<const Step>(Step{last_, {}, index, false}));
  }

  std::string text() const;
  // The last key on the way; null at the root.
  const char* anchor() const;

 private:
  struct Step {
    std::shared_ptr<const Step> up;
    std::string_view key;
    size_t index = 0;
    bool is_field = false;
  };
  explicit Location(std::shared_ptr<const Step> last) : last_(std::move(last)) {}

  std::shared_ptr<const Step> last_;
};

}  // namespace perdure::asl
