#pragma once
// A payload is text until someone looks inside: immutable, shared, cheap to pass on. A state that
// only hands its input on moves a pointer.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "asl/value/value.h"

namespace perdure::asl {

// Where in an execution's history a payload was first written: event id and field tag. Later
// entries refer to it instead of repeating the text.
struct PayloadOrigin {
  int64_t event = 0;  // 0: not written yet
  uint8_t field = 0;
  bool operator==(const PayloadOrigin&) const = default;
};

class Payload {
 public:
  Payload() = default;  // absent
  explicit Payload(std::string text)
      : text_(std::make_shared<const std::string>(std::move(text))) {}
  Payload(std::shared_ptr<const std::string> text, PayloadOrigin origin)
      : text_(std::move(text)), origin_(origin) {}

  explicit operator bool() const { return text_ != nullptr; }
  std::string_view text() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  size_t size() const { return text_ ? text_->size() : 0; }
  const std::shared_ptr<const std::string>& shared() const { return text_; }
  PayloadOrigin origin() const { return origin_; }
  Payload with_origin(PayloadOrigin origin) const { return Payload(text_, origin); }

  // Same text; where it was written does not matter.
  bool operator==(const Payload& other) const { return text() == other.text(); }

 private:
  std::shared_ptr<const std::string> text_;
  PayloadOrigin origin_;
};

// The payload's value; undefined for an absent one. The arena keeps the text alive, so that the
// value may outlive every other holder of the payload.
Result<Value> parse(const Payload& payload, Arena& arena);

}  // namespace perdure::asl
