#pragma once
// JSON as a form (application/x-www-form-urlencoded), as Transform.RequestBodyEncoding asks for.

#include <optional>
#include <string>
#include <string_view>

#include "asl/value/value.h"

namespace perdure::executors {

// How the items of an array are named: a[0]=x, a=x&a=y, a=x,y, a[]=x. `none`: an array is not taken
// apart, its JSON is the value.
enum class ArrayFormat { indices, repeat, commas, brackets, none };

std::optional<ArrayFormat> array_format_named(std::string_view name);  // "INDICES", ...

// The members of an object, nested ones as a[b]=x; keys and values percent-encoded. Null is an
// empty value.
std::string form_encoded(const asl::Value& object, ArrayFormat format);

// A scalar as text: a string itself, anything else its JSON; null is empty.
std::string plain_text(const asl::Value& value);

}  // namespace perdure::executors
