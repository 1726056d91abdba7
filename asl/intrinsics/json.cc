#include <algorithm>
#include <vector>

#include "asl/intrinsics/functions.h"
#include "asl/value/java_text.h"
#include "asl/value/utf8.h"

namespace perdure::asl::intrinsics {
namespace {

// Java's String.hashCode with the spread that HashMap puts on top.
uint32_t java_hash(std::string_view key) {
  uint32_t sum = 0;
  const auto add = [&sum](uint32_t unit) { sum = 31 * sum + unit; };
  const char* const end = key.data() + key.size();
  for (const char* at = key.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    if (utf16_units(point.code) == 1) {
      add(point.code);
    } else {
      add(0xd800 + ((point.code - 0x10000) >> 10));
      add(0xdc00 + ((point.code - 0x10000) & 0x3ff));
    }
    at += point.bytes;
  }
  return sum ^ sum >> 16;
}

// The order in which a Java HashMap lists its keys: by slot of its table, which is what AWS's
// merged objects were seen to have.
void sort_as_hash_map(std::vector<Member>& members) {
  uint32_t slots = 16;
  while (members.size() * 4 > size_t{slots} * 3) slots *= 2;
  std::vector<std::pair<uint32_t, size_t>> order;
  for (size_t i = 0; i < members.size(); ++i) {
    order.push_back({java_hash(members[i].key) & (slots - 1), i});
  }
  std::sort(order.begin(), order.end());
  std::vector<Member> sorted;
  for (const auto& [slot, i] : order) sorted.push_back(members[i]);
  members = std::move(sorted);
}

Result<Value> object_at(Arguments arguments, size_t i) {
  if (arguments[i].is(Kind::object)) return arguments[i];
  return failure("The " + std::string(i == 0 ? "first" : "second") +
                 " argument must be an object but was: " + to_json(arguments[i]));
}

}  // namespace

Result<Value> json_merge(Arguments arguments, Scope& scope) {
  PD_TRY(first, object_at(arguments, 0));
  PD_TRY(second, object_at(arguments, 1));
  if (!arguments[2].is(Kind::boolean) || arguments[2].as_boolean()) {
    return failure("Deep merging is not supported: the third argument must be false");
  }
  const size_t count = first.size() + second.size();
  if (!scope.budget.spend(static_cast<int64_t>(count))) return out_of_budget();
  std::vector<Member> members;
  for (const Member& member : first.members()) {
    const Value newer = second.get(member.key);
    members.push_back({member.key, newer.defined() ? newer : member.value});
  }
  for (const Member& member : second.members()) {
    if (!first.get(member.key).defined()) members.push_back(member);
  }
  sort_as_hash_map(members);
  return Value::object(members, scope.arena);
}

Result<Value> json_to_string(Arguments arguments, Scope& scope) {
  return Value::string(to_json(arguments[0]), scope.arena);
}

Result<Value> string_to_json(Arguments arguments, Scope& scope) {
  PD_TRY(text, string_at(arguments, 0));
  if (!scope.budget.spend(static_cast<int64_t>(text.size() / 64))) return out_of_budget();
  if (java_trim(text).empty()) return Value::null();
  auto parsed = parse_json(text, scope.arena);
  if (!parsed) return failure(std::string(without_location(parsed.error().cause)));
  return parsed;
}

}  // namespace perdure::asl::intrinsics
