#pragma once
// What several state types have in common.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "asl/jsonpath/expression.h"
#include "asl/template/query.h"
#include "asl/template/template.h"

namespace perdure::asl {

struct StateGraph;

// A field that either query language fills in.
using Fillable = std::variant<Template, Query>;

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
  std::optional<Query> output;  // JSONata
  std::optional<Fillable> assign;
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
  std::optional<Query> output;  // JSONata
  std::optional<Fillable> assign;
};

// A number of seconds written down, or a way to it; nothing: the default of the field.
struct SecondsField {
  std::optional<int64_t> seconds;
  std::optional<PathExpression> path;
  std::optional<Query> query;
  bool set() const { return seconds || path || query; }
};

// What happens to the result of Task, Parallel, Map and Pass.
struct ResultFields {
  std::optional<Template> parameters;
  std::optional<Query> arguments;  // JSONata
  std::optional<Template> result_selector;
  PathOrNull result_path;
  std::vector<Retrier> retry;
  std::vector<Catcher> catchers;
};

}  // namespace perdure::asl
