#pragma once
// One object of a definition and where it stands: typed access to its fields, with AWS's diagnostic
// for whatever is not as it should be. A getter that had to complain returns nothing.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "asl/parse/context.h"
#include "asl/value/value.h"

namespace perdure::asl {

// A field that an object may have, and the query language it belongs to.
struct FieldRule {
  enum class Language : uint8_t { both, jsonpath, jsonata };
  std::string_view name;
  Language language = Language::both;
};

// Bounds of a number, both allowed.
template <class T>
struct Range {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};

class ObjectReader {
 public:
  // `object` must be of kind object.
  ObjectReader(Value object, Location at, QueryLanguage language, ParseContext& context);

  // `value` as an object, or nothing and a diagnostic.
  static std::optional<ObjectReader> open(const Value& value, Location at, QueryLanguage language,
                                          ParseContext& context);

  ParseContext& context() const { return *context_; }
  Diagnostics& diagnostics() const { return context_->diagnostics; }
  QueryLanguage language() const { return language_; }
  bool jsonata() const { return language_ == QueryLanguage::jsonata; }
  const Value& value() const { return object_; }
  const Location& location() const { return at_; }
  Location location(std::string_view field) const;

  bool has(std::string_view field) const { return object_.get(field).defined(); }
  Value get(std::string_view field) const { return object_.get(field); }

  std::optional<std::string> text(std::string_view field) const;
  std::optional<bool> boolean(std::string_view field) const;
  std::optional<int64_t> integer(std::string_view field, Range<int64_t> range = {}) const;
  std::optional<double> number(std::string_view field, Range<double> range = {}) const;
  // One of these words.
  std::optional<std::string> word(std::string_view field,
                                  std::span<const std::string_view> allowed) const;
  std::optional<ObjectReader> object(std::string_view field) const;
  // The items, or nothing; `may_be_empty` false: "Value cannot be empty".
  std::optional<std::span<const Value>> array(std::string_view field,
                                              bool may_be_empty = true) const;

  // Reports fields outside the list, and those of the other query language.
  void allow(std::span<const FieldRule> rules) const;
  // Reports which of these are missing, all in one diagnostic.
  void require(std::span<const std::string_view> fields) const;
  void require(std::string_view field) const { require(std::span(&field, 1)); }
  void at_most_one_of(std::span<const std::string_view> fields) const;
  void exactly_one_of(std::span<const std::string_view> fields) const;

 private:
  // Reports a value of another type; `expected` is AWS's word for the type.
  void wrong_type(std::string_view field, std::string_view expected) const;
  // Whether the value is an expression, which may stand for a value of any type.
  bool is_expression(std::string_view field, const Value& value) const;
  size_t count(std::span<const std::string_view> fields) const;

  Value object_;
  Location at_;
  QueryLanguage language_;
  ParseContext* context_;
};

// "[a, b]"
std::string bracketed(std::span<const std::string_view> words);

}  // namespace perdure::asl
