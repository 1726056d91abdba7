#pragma once
// The shape of an operation's input: which members it has, of which type, under which constraints.
// AWS's validation texts come from here and from nowhere else.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "api/aws/pattern.h"
#include "base/json.h"
#include "base/result.h"

namespace perdure::api {

enum class ShapeKind : uint8_t {
  text,
  integer,
  number,
  flag,
  moment,  // seconds since 1970, a number
  blob,    // base64 text
  structure,
  list,
  map,
  any,  // not looked at
};

// Where a member travels in a REST protocol.
enum class Place : uint8_t {
  body,
  uri,
  query,
  header,   // a map: all headers that begin with the wire name
  payload,  // REST-XML: the body as a whole; the wire name is its element
};

struct Field;

struct Shape {
  ShapeKind kind = ShapeKind::any;
  std::optional<int64_t> min, max;  // length of a text, list or map; value of a number
  Pattern pattern;
  std::vector<std::string> values;  // of an enum, in the order AWS names them
  std::vector<Field> fields;        // structure
  std::vector<Shape> member;        // list and map: exactly one
};

struct Field {
  std::string name;
  Shape shape;
  bool required = false;
  Place place = Place::body;
  // Of a query parameter, a header or an XML element, where it is not the member's name. That of a
  // list in XML is "Buckets/Bucket", or "Contents" if its elements stand by themselves.
  std::string wire_name;
};

inline constexpr int64_t unlimited = std::numeric_limits<int64_t>::max();

// The words a table is written in.
Shape text(int64_t min = 0, int64_t max = unlimited, std::string pattern = {});
Shape one_of(std::vector<std::string> values);
Shape integer(int64_t min = std::numeric_limits<int64_t>::min(), int64_t max = unlimited);
Shape number();
Shape flag();
Shape moment();
Shape blob();
Shape any();
Shape structure(std::vector<Field> fields);
Shape list_of(Shape member, int64_t min = 0, int64_t max = unlimited);
Shape map_of(Shape value, int64_t max = unlimited);
Field required(std::string name, Shape shape);
Field optional(std::string name, Shape shape);
Field in_uri(std::string name, Shape shape);  // required
Field in_query(std::string name, Shape shape, std::string wire_name);
Field in_header(std::string name, Shape shape, std::string wire_name);
Field in_body(std::string name, Shape shape, std::string wire_name);
Field in_payload(std::string name, Shape shape, std::string wire_name);

// SerializationException if a member has another JSON type than its shape; then
// ValidationException that names every constraint that is not met. Members the shape does not know
// are ignored, as AWS does; null counts as absent.
Result<> check_input(const Shape& shape, const Json& input);

// Length as AWS counts it: UTF-16 code units of a text that is UTF-8.
int64_t text_length(std::string_view utf8);

// What a handler reads from an input that has passed check_input.
class Input {
 public:
  explicit Input(const Json& json) : json_(&json) {}

  const Json* find(const char* name) const;  // null if absent
  bool has(const char* name) const { return find(name) != nullptr; }
  std::string text(const char* name) const;  // empty if absent
  std::optional<std::string> maybe_text(const char* name) const;
  int64_t integer(const char* name, int64_t otherwise = 0) const;
  bool flag(const char* name, bool otherwise = false) const;

 private:
  const Json* json_;
};

}  // namespace perdure::api
