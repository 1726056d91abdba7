#pragma once
// What several state types have in common.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asl/jsonpath/expression.h"
#include "asl/template/template.h"

namespace perdure::asl {

struct StateGraph;

// JSONata states are parsed by a later revision of the language; the field is kept so that nothing
// that asks has to change.
enum class QueryLanguage : uint8_t { jsonpath, jsonata };

// A path field that may also be null: "discard" for ResultPath, "{}" for InputPath and OutputPath.
struct PathOrNull {
  bool null = false;
  std::optional<PathExpression> path;  // nothing and not null: the default, `$`
};

struct StateCommon {
  QueryLanguage query_language = QueryLanguage::jsonpath;
  PathOrNull input_path;
  PathOrNull output_path;
  std::optional<Template> assign;
  std::string next;  // empty: End is true, or the type has no Next
};

struct Retrier {
  std::vector<std::string> error_equals;
  int64_t interval_seconds = 1;
  int64_t max_attempts = 3;
  double backoff_rate = 2.0;
  std::optional<int64_t> max_delay_seconds;
  bool full_jitter = false;
};

struct Catcher {
  std::vector<std::string> error_equals;
  std::string next;
  PathOrNull result_path;
  std::optional<Template> assign;
};

// A number of seconds written down, or a path to it; nothing: the default of the field.
struct SecondsField {
  std::optional<int64_t> seconds;
  std::optional<PathExpression> path;
  bool set() const { return seconds || path; }
};

// What happens to the result of Task, Parallel, Map and Pass.
struct ResultFields {
  std::optional<Template> parameters;
  std::optional<Template> result_selector;
  PathOrNull result_path;
  std::vector<Retrier> retry;
  std::vector<Catcher> catchers;
};

}  // namespace perdure::asl
