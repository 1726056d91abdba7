// Any bytes as a path: it is refused, or read from a document within its budget.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/jsonpath/expression.h"

using namespace perdure;
using namespace perdure::asl;

namespace {

constexpr std::string_view document = R"({
  "items": [{"id": 1, "s": "active", "tags": ["a", "b"], "d": {"w": 3}}, {"id": 2, "n": null}],
  "nums": [5, 1, 4.0, 1e400], "limit": 10, "nul": null, "yes": true, "": {"x": [[1], [2, [3]]]}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto path = PathExpression::compile(text);
  if (!path) return 0;
  Arena arena;
  const Value root = *parse_json(document, arena);
  SeededRandom random(1);
  Budget budget{5'000};
  KnownEnvironment environment(root, root);
  Scope scope{root, environment, Value(), arena, random, budget};
  const auto found = path->evaluate(scope);
  PD_ASSERT(found || !found.error().name.empty());
  if (found) PD_ASSERT(path->definite() || found->is(Kind::array));
  if (path->source() != PathExpression::Source::input || !path->is_reference()) return 0;
  // What was written at a reference path is found there.
  const auto changed = path->write(root, Value::integer(7), arena);
  if (!changed) return 0;
  scope.input = *changed;
  const auto read = path->evaluate(scope);
  PD_ASSERT(read && read->is(Kind::integer) && read->as_integer() == 7);
  return 0;
}
