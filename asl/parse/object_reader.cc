#include "asl/parse/object_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "asl/template/query.h"

namespace perdure::asl {
namespace {

// Beside those that hold whole JSON (Arguments, Output, Assign, ItemSelector): where an expression
// may stand for the value.
constexpr std::array<std::string_view, 14> queried_fields = {"TimeoutSeconds",
                                                             "HeartbeatSeconds",
                                                             "Seconds",
                                                             "Timestamp",
                                                             "Error",
                                                             "Cause",
                                                             "RoleArn",
                                                             "Items",
                                                             "MaxConcurrency",
                                                             "ToleratedFailureCount",
                                                             "ToleratedFailurePercentage",
                                                             "MaxItems",
                                                             "MaxItemsPerBatch",
                                                             "MaxInputBytesPerBatch"};

const char* name_of(QueryLanguage language) {
  return language == QueryLanguage::jsonata ? "JSONata" : "JSONPath";
}

bool fits(FieldRule::Language rule, QueryLanguage language) {
  if (rule == FieldRule::Language::both) return true;
  return (rule == FieldRule::Language::jsonata) == (language == QueryLanguage::jsonata);
}

// As Java prints bounds: 1 and 1.0.
std::string bound(int64_t n) { return std::to_string(n); }
std::string bound(double d) {
  std::string out = std::to_string(static_cast<int64_t>(d));
  return out + ".0";
}

template <class T>
bool in_range(const ObjectReader& reader, std::string_view field, T n, Range<T> range) {
  if (n < range.min) {
    reader.diagnostics().schema("Minimum value is " + bound(range.min), reader.location(field));
    return false;
  }
  if (n > range.max) {
    reader.diagnostics().schema("Maximum value is " + bound(range.max), reader.location(field));
    return false;
  }
  return true;
}

// 5.0 is as good an integer as 5.
std::optional<int64_t> whole(const Value& value) {
  if (value.is(Kind::integer)) return value.as_integer();
  if (!value.is(Kind::number)) return std::nullopt;
  const double d = value.as_double();
  if (std::trunc(d) != d || std::fabs(d) > 9e15) return std::nullopt;
  return static_cast<int64_t>(d);
}

}  // namespace

std::string bracketed(std::span<const std::string_view> words) {
  std::string out = "[";
  for (const std::string_view word : words) {
    if (out.size() > 1) out += ", ";
    out += word;
  }
  return out + "]";
}

ObjectReader::ObjectReader(Value object, Location at, QueryLanguage language, ParseContext& context)
    : object_(object), at_(std::move(at)), language_(language), context_(&context) {}

std::optional<ObjectReader> ObjectReader::open(const Value& value, Location at,
                                               QueryLanguage language, ParseContext& context) {
  if (value.is(Kind::object)) return ObjectReader(value, std::move(at), language, context);
  context.diagnostics.schema("Expected value of type [OBJECT]", at);
  return std::nullopt;
}

Location ObjectReader::location(std::string_view field) const {
  for (const Member& member : object_.members()) {
    if (member.key == field) return at_.field(member.key);
  }
  return at_.field(field);
}

void ObjectReader::wrong_type(std::string_view field, std::string_view expected) const {
  diagnostics().schema("Expected value of type " + std::string(expected), location(field));
}

bool ObjectReader::is_expression(std::string_view field, const Value& value) const {
  if (!jsonata() || !value.is(Kind::string) || !jsonata_expression(value.as_string())) return false;
  return std::find(queried_fields.begin(), queried_fields.end(), field) != queried_fields.end();
}

std::optional<std::string> ObjectReader::text(std::string_view field) const {
  const Value value = get(field);
  if (!value.defined() || is_expression(field, value)) return std::nullopt;
  if (value.is(Kind::string)) return std::string(value.as_string());
  wrong_type(field, "[STRING]");
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view field) const {
  const Value value = get(field);
  if (!value.defined() || is_expression(field, value)) return std::nullopt;
  if (value.is(Kind::boolean)) return value.as_boolean();
  wrong_type(field, "[BOOLEAN]");
  return std::nullopt;
}

std::optional<int64_t> ObjectReader::integer(std::string_view field, Range<int64_t> range) const {
  const Value value = get(field);
  if (!value.defined() || is_expression(field, value)) return std::nullopt;
  const std::optional<int64_t> n = whole(value);
  if (!n) {
    wrong_type(field, "Integer");
    return std::nullopt;
  }
  if (!in_range(*this, field, *n, range)) return std::nullopt;
  return n;
}

std::optional<double> ObjectReader::number(std::string_view field, Range<double> range) const {
  const Value value = get(field);
  if (!value.defined() || is_expression(field, value)) return std::nullopt;
  if (!value.is_number()) {
    wrong_type(field, "Number");
    return std::nullopt;
  }
  if (!in_range(*this, field, value.as_double(), range)) return std::nullopt;
  return value.as_double();
}

std::optional<std::string> ObjectReader::word(std::string_view field,
                                              std::span<const std::string_view> allowed) const {
  std::optional<std::string> found = text(field);
  if (!found || std::find(allowed.begin(), allowed.end(), *found) != allowed.end()) return found;
  diagnostics().schema("Value should be one of the following: " + bracketed(allowed),
                       location(field));
  return std::nullopt;
}

std::optional<ObjectReader> ObjectReader::object(std::string_view field) const {
  const Value value = get(field);
  if (!value.defined()) return std::nullopt;
  return open(value, location(field), language_, *context_);
}

std::optional<std::span<const Value>> ObjectReader::array(std::string_view field,
                                                          bool may_be_empty) const {
  const Value value = get(field);
  if (!value.defined() || is_expression(field, value)) return std::nullopt;
  if (!value.is(Kind::array)) {
    wrong_type(field, "[ARRAY]");
    return std::nullopt;
  }
  if (value.size() == 0 && !may_be_empty) {
    diagnostics().schema("Value cannot be empty", location(field));
    return std::nullopt;
  }
  return value.items();
}

void ObjectReader::allow(std::span<const FieldRule> rules) const {
  for (const Member& member : object_.members()) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const FieldRule& candidate) {
      return candidate.name == member.key;
    });
    const std::string field(member.key);
    if (rule == rules.end()) {
      diagnostics().schema("Field '" + field + "' is not supported", at_);
    } else if (!fits(rule->language, language_)) {
      const bool of_jsonata = rule->language == FieldRule::Language::jsonata;
      diagnostics().schema(std::string("The QueryLanguage is set to '") + name_of(language_) +
                               "', but field '" + field + "' is only supported for the '" +
                               (of_jsonata ? "JSONata" : "JSONPath") + "' QueryLanguage",
                           at_);
    }
  }
}

void ObjectReader::require(std::span<const std::string_view> fields) const {
  std::vector<std::string_view> missing;
  for (const std::string_view field : fields) {
    if (!has(field)) missing.push_back(field);
  }
  if (!missing.empty()) {
    diagnostics().schema("These fields are required: " + bracketed(missing), at_);
  }
}

size_t ObjectReader::count(std::span<const std::string_view> fields) const {
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [&](std::string_view f) { return has(f); }));
}

void ObjectReader::at_most_one_of(std::span<const std::string_view> fields) const {
  if (count(fields) <= 1) return;
  diagnostics().schema("There should only be one of the following fields: " + bracketed(fields),
                       at_);
}

void ObjectReader::exactly_one_of(std::span<const std::string_view> fields) const {
  at_most_one_of(fields);
  if (count(fields) > 0) return;
  diagnostics().schema(
      "This object should have only one of the following fields: " + bracketed(fields), at_);
}

}  // namespace perdure::asl
