#pragma once
// Fields whose value is a path.

#include <optional>

#include "asl/parse/object_reader.h"
#include "asl/states/common.h"

namespace perdure::asl {

// What the specification allows in a path field.
struct PathRule {
  bool reference = false;  // a Reference Path: names and single indexes only
  bool context = true;     // may read the context object, `$$`
  bool intrinsic = false;  // may be a call of an intrinsic function
  bool null = false;       // may be null
  bool variable = true;    // may read a variable, `$name`
};

inline constexpr PathRule any_path{};
inline constexpr PathRule any_path_or_null{.null = true};
inline constexpr PathRule path_or_call{.intrinsic = true};
inline constexpr PathRule reference_path{.reference = true, .context = false};
// What is written to, not read: ResultPath.
inline constexpr PathRule reference_path_or_null{
    .reference = true, .context = false, .null = true, .variable = false};
inline constexpr PathRule reference_path_or_context{.reference = true};

// The field's path; nothing if the field is absent or wrong.
std::optional<PathExpression> read_path(const ObjectReader& reader, std::string_view field,
                                        PathRule rule);
PathOrNull read_path_or_null(const ObjectReader& reader, std::string_view field, PathRule rule);

// FIELD and FIELDPath, of which there may be one.
SecondsField read_seconds(const ObjectReader& reader, std::string_view field,
                          std::string_view path_field, Range<int64_t> range);

// Whether text is something like `$.a`, `$$.Task.Token` or `States.UUID()`: for warnings.
bool looks_like_path(std::string_view text);
bool looks_like_call(std::string_view text);

}  // namespace perdure::asl
