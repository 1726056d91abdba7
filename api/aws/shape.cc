#include "api/aws/shape.h"

#include <cmath>
#include <utility>

namespace perdure::api {

namespace {

Shape of_kind(ShapeKind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

Shape bounded(ShapeKind kind, int64_t min, int64_t max) {
  Shape shape = of_kind(kind);
  if (min != std::numeric_limits<int64_t>::min()) shape.min = min;
  if (max != unlimited) shape.max = max;
  return shape;
}

}  // namespace

Shape text(int64_t min, int64_t max, std::string pattern) {
  Shape shape = bounded(ShapeKind::text, min, max);
  if (!pattern.empty()) shape.pattern = Pattern(std::move(pattern));
  return shape;
}
Shape one_of(std::vector<std::string> values) {
  Shape shape = of_kind(ShapeKind::text);
  shape.values = std::move(values);
  return shape;
}
Shape integer(int64_t min, int64_t max) { return bounded(ShapeKind::integer, min, max); }
Shape number() { return of_kind(ShapeKind::number); }
Shape flag() { return of_kind(ShapeKind::flag); }
Shape moment() { return of_kind(ShapeKind::moment); }
Shape blob() { return of_kind(ShapeKind::blob); }
Shape any() { return of_kind(ShapeKind::any); }
Shape structure(std::vector<Field> fields) {
  Shape shape = of_kind(ShapeKind::structure);
  shape.fields = std::move(fields);
  return shape;
}
Shape list_of(Shape member, int64_t min, int64_t max) {
  Shape shape = bounded(ShapeKind::list, min, max);
  shape.member.push_back(std::move(member));
  return shape;
}
Shape map_of(Shape value, int64_t max) {
  Shape shape = bounded(ShapeKind::map, 0, max);
  shape.member.push_back(std::move(value));
  return shape;
}
Field required(std::string name, Shape shape) { return {std::move(name), std::move(shape), true}; }
Field optional(std::string name, Shape shape) { return {std::move(name), std::move(shape), false}; }
Field in_uri(std::string name, Shape shape) {
  return {std::move(name), std::move(shape), true, Place::uri};
}
Field in_query(std::string name, Shape shape, std::string wire_name) {
  return {std::move(name), std::move(shape), false, Place::query, std::move(wire_name)};
}
Field in_header(std::string name, Shape shape, std::string wire_name) {
  return {std::move(name), std::move(shape), false, Place::header, std::move(wire_name)};
}

Field in_body(std::string name, Shape shape, std::string wire_name) {
  return {std::move(name), std::move(shape), false, Place::body, std::move(wire_name)};
}
Field in_payload(std::string name, Shape shape, std::string wire_name) {
  return {std::move(name), std::move(shape), false, Place::payload, std::move(wire_name)};
}

int64_t text_length(std::string_view utf8) {
  int64_t length = 0;
  for (unsigned char c : utf8) {
    if ((c & 0xC0) != 0x80) ++length;  // the first byte of a character
    if (c >= 0xF0) ++length;           // outside the basic plane: two units
  }
  return length;
}

namespace {

// The words of AWS's JSON reader for what it met.
std::string_view token_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "STRING_VALUE";
    case Json::value_t::boolean:
      return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
    case Json::value_t::number_float:
      return "DECIMAL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

std::string_view wanted_name(ShapeKind kind) {
  switch (kind) {
    case ShapeKind::text:
      return "String";
    case ShapeKind::integer:
      return "Integer";
    case ShapeKind::number:
      return "Double";
    case ShapeKind::flag:
      return "Boolean";
    case ShapeKind::moment:
      return "Date";
    default:
      return "Blob";
  }
}

bool is_whole(const Json& value) {
  if (value.is_number_integer()) {
    return !value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t(unlimited);
  }
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return number == std::floor(number) && std::abs(number) < 9e15;
}

bool scalar_fits(ShapeKind kind, const Json& value) {
  switch (kind) {
    case ShapeKind::text:
    case ShapeKind::blob:
      return value.is_string();
    case ShapeKind::integer:
      return is_whole(value);
    case ShapeKind::number:
    case ShapeKind::moment:
      return value.is_number();
    default:
      return value.is_boolean();
  }
}

Error unreadable(std::string text) { return invalid("SerializationException", std::move(text)); }

Result<> check_type(const Shape& shape, const Json& value);

Result<> check_members(const Shape& shape, const Json& value) {
  for (const Field& field : shape.fields) {
    const auto member = value.find(field.name);
    if (member != value.end() && !member->is_null()) PD_CHECK(check_type(field.shape, *member));
  }
  return {};
}

Result<> check_container(const Shape& shape, const Json& value) {
  const bool list = shape.kind == ShapeKind::list;
  if (list != value.is_array()) {
    if (value.is_object()) return unreadable("Start of structure or map found where not expected.");
    if (value.is_array()) return unreadable("Start of list found where not expected");
    return unreadable("Unexpected field type");
  }
  if (!list && !value.is_object()) return unreadable("Unexpected field type");
  if (shape.kind == ShapeKind::structure) return check_members(shape, value);
  for (const Json& element : value) {
    if (!element.is_null()) PD_CHECK(check_type(shape.member.front(), element));
  }
  return {};
}

Result<> check_type(const Shape& shape, const Json& value) {
  if (shape.kind == ShapeKind::any) return {};
  if (shape.kind == ShapeKind::structure || shape.kind == ShapeKind::list ||
      shape.kind == ShapeKind::map) {
    return check_container(shape, value);
  }
  if (value.is_object()) return unreadable("Start of structure or map found where not expected.");
  if (value.is_array()) return unreadable("Start of list found where not expected");
  if (scalar_fits(shape.kind, value)) return {};
  return unreadable(
      std::string(token_name(value)) + " can not be converted to " +
      (shape.kind == ShapeKind::text || shape.kind == ShapeKind::integer ? "a " : "") +
      std::string(wanted_name(shape.kind)));
}

// More would tell nobody anything, and a hostile list has millions.
constexpr size_t max_failures = 20;

// Collects what is not met.
class ConstraintCheck {
 public:
  void structure(const Shape& shape, const Json& value, const std::string& path);
  Result<> result() const;

 private:
  void member(const Shape& shape, const Json& value, const std::string& path);
  void one_text(const Shape& shape, const std::string& value, const std::string& path);
  void whole_number(const Shape& shape, const Json& value, const std::string& path);
  void elements(const Shape& shape, const Json& value, const std::string& path);
  void length(const Shape& shape, int64_t length, const std::string& shown,
              const std::string& path);
  void fail(const std::string& value, const std::string& path, const std::string& constraint) {
    if (failures_.size() >= max_failures) return;
    failures_.push_back("Value " + value + " at '" + path +
                        "' failed to satisfy constraint: " + constraint);
  }

  std::vector<std::string> failures_;
};

std::string quoted(const std::string& text) { return "'" + text + "'"; }

// Whatever the case on the wire, AWS's texts begin a member's name with a small letter.
std::string shown_name(std::string name) {
  if (name[0] >= 'A' && name[0] <= 'Z') name[0] = char(name[0] - 'A' + 'a');
  return name;
}

void ConstraintCheck::structure(const Shape& shape, const Json& value, const std::string& path) {
  for (const Field& field : shape.fields) {
    const std::string name = shown_name(field.name);
    const std::string at = path.empty() ? name : path + "." + name;
    const auto found = value.find(field.name);
    if (found != value.end() && !found->is_null()) {
      member(field.shape, *found, at);
    } else if (field.required) {
      fail("null", at, "Member must not be null");
    }
  }
}

void ConstraintCheck::member(const Shape& shape, const Json& value, const std::string& path) {
  switch (shape.kind) {
    case ShapeKind::text:
      one_text(shape, value.get_ref<const std::string&>(), path);
      break;
    case ShapeKind::integer:
      whole_number(shape, value, path);
      break;
    case ShapeKind::structure:
      structure(shape, value, path);
      break;
    case ShapeKind::list:
    case ShapeKind::map:
      elements(shape, value, path);
      break;
    default:
      break;
  }
}

void ConstraintCheck::length(const Shape& shape, int64_t length, const std::string& shown,
                             const std::string& path) {
  if (shape.max && length > *shape.max) {
    fail(shown, path,
         "Member must have length less than or equal to " + std::to_string(*shape.max));
  }
  if (shape.min && length < *shape.min) {
    fail(shown, path,
         "Member must have length greater than or equal to " + std::to_string(*shape.min));
  }
}

void ConstraintCheck::one_text(const Shape& shape, const std::string& value,
                               const std::string& path) {
  if (shape.min || shape.max) length(shape, text_length(value), quoted(value), path);
  if (!shape.pattern.matches(value)) {
    fail(quoted(value), path,
         "Member must satisfy regular expression pattern: " + shape.pattern.text());
  }
  if (shape.values.empty()) return;
  std::string names;
  for (const std::string& name : shape.values) {
    if (name == value) return;
    names += (names.empty() ? "" : ", ") + name;
  }
  fail(quoted(value), path, "Member must satisfy enum value set: [" + names + "]");
}

void ConstraintCheck::whole_number(const Shape& shape, const Json& value, const std::string& path) {
  const auto n = value.get<int64_t>();
  const std::string shown = quoted(std::to_string(n));
  if (shape.max && n > *shape.max) {
    fail(shown, path, "Member must have value less than or equal to " + std::to_string(*shape.max));
  }
  if (shape.min && n < *shape.min) {
    fail(shown, path,
         "Member must have value greater than or equal to " + std::to_string(*shape.min));
  }
}

void ConstraintCheck::elements(const Shape& shape, const Json& value, const std::string& path) {
  length(shape, int64_t(value.size()), quoted(dump_json(value)), path);
  if (shape.kind == ShapeKind::map) {
    for (const auto& [key, element] : value.items()) {
      if (!element.is_null()) member(shape.member.front(), element, path + "." + key + ".member");
    }
    return;
  }
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string at = path + "." + std::to_string(i + 1) + ".member";
    if (!value[i].is_null()) {
      member(shape.member.front(), value[i], at);
    } else {
      fail("null", at, "Member must not be null");
    }
  }
}

Result<> ConstraintCheck::result() const {
  if (failures_.empty()) return {};
  const size_t count = failures_.size();
  std::string text =
      std::to_string(count) + (count == 1 ? " validation error" : " validation errors");
  text += " detected: ";
  for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : "; ") + failures_[i];
  return invalid("ValidationException", std::move(text));
}

}  // namespace

Result<> check_input(const Shape& shape, const Json& input) {
  PD_CHECK(check_type(shape, input));
  ConstraintCheck check;
  check.structure(shape, input, "");
  return check.result();
}

const Json* Input::find(const char* name) const {
  const auto member = json_->find(name);
  return member == json_->end() || member->is_null() ? nullptr : &*member;
}
std::string Input::text(const char* name) const { return maybe_text(name).value_or(""); }
std::optional<std::string> Input::maybe_text(const char* name) const {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  return value->get<std::string>();
}
int64_t Input::integer(const char* name, int64_t otherwise) const {
  const Json* value = find(name);
  return value ? value->get<int64_t>() : otherwise;
}
bool Input::flag(const char* name, bool otherwise) const {
  const Json* value = find(name);
  return value ? value->get<bool>() : otherwise;
}

}  // namespace perdure::api
