#pragma once
// The functions behind the table. Arguments have passed the function's signature; what it lets
// through as missing is undefined.

#include "asl/jsonata/evaluator.h"

namespace perdure::asl::jsonata::functions {

// Aggregates.
Value sum(const Call& call);
Value count(const Call& call);
Value max(const Call& call);
Value min(const Call& call);
Value average(const Call& call);
// Texts.
Value string(const Call& call);
Value substring(const Call& call);
Value substring_before(const Call& call);
Value substring_after(const Call& call);
Value lowercase(const Call& call);
Value uppercase(const Call& call);
Value length(const Call& call);
Value trim(const Call& call);
Value pad(const Call& call);
Value join(const Call& call);
Value base64encode(const Call& call);
Value base64decode(const Call& call);
Value encode_url_component(const Call& call);
Value encode_url(const Call& call);
Value decode_url_component(const Call& call);
Value decode_url(const Call& call);
// Patterns.
Value match(const Call& call);
Value contains(const Call& call);
Value replace(const Call& call);
Value split(const Call& call);
// Numbers.
Value number(const Call& call);
Value floor(const Call& call);
Value ceil(const Call& call);
Value round(const Call& call);
Value abs(const Call& call);
Value sqrt(const Call& call);
Value power(const Call& call);
Value random(const Call& call);
Value format_number(const Call& call);
Value format_base(const Call& call);
Value format_integer(const Call& call);
Value parse_integer(const Call& call);
// Any value.
Value boolean(const Call& call);
Value negated(const Call& call);
Value exists(const Call& call);
Value type(const Call& call);
Value error(const Call& call);
Value assertion(const Call& call);
Value eval(const Call& call);
Value clone(const Call& call);
// Arrays.
Value append(const Call& call);
Value reverse(const Call& call);
Value sort(const Call& call);
Value shuffle(const Call& call);
Value distinct(const Call& call);
Value zip(const Call& call);
// Objects.
Value keys(const Call& call);
Value lookup(const Call& call);
Value spread(const Call& call);
Value merge(const Call& call);
// Of higher order.
Value map(const Call& call);
Value filter(const Call& call);
Value single(const Call& call);
Value reduce(const Call& call);
Value sift(const Call& call);
Value each(const Call& call);
// Time.
Value now(const Call& call);
Value millis(const Call& call);
Value to_millis(const Call& call);
Value from_millis(const Call& call);
// AWS's own.
Value partition(const Call& call);
Value range(const Call& call);
Value hash(const Call& call);
Value seeded_random(const Call& call);
Value uuid(const Call& call);
Value parse(const Call& call);

// The items of an array argument; `ok` is false where they could not be made.
std::span<const Value> items_of(const Call& call, const Value& array, bool& ok);
// Whether a picture is one that somebody has written, and the work of reading it counted: what
// makes sense of pictures is not made for long ones. If not, the failure is set: return again().
bool readable(const Call& call, const Value& picture);
// Hands on a fault that is set already.
Value again(const Call& call);

}  // namespace perdure::asl::jsonata::functions
