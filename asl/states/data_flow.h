#pragma once
// How data goes through a state: InputPath, Parameters, (the work), ResultSelector, ResultPath,
// OutputPath. https://states-language.net/spec.html#filters. Every path that is the default passes
// the text on unread.

#include "asl/execution/evaluation.h"
#include "asl/states/common.h"

namespace perdure::asl {

// "Invalid path '$.a' : No results for path: $['a']": the words for InputPath, OutputPath,
// ItemsPath.
Error invalid_path(const PathExpression& path, const Error& error);

// `data` seen through a path field; null gives {}.
Result<Data> through(Evaluation& evaluation, const PathOrNull& field, Data data);
Result<Data> filled_in(Evaluation& evaluation, const std::optional<Template>& parameters,
                       Data input);
// The raw input with the result placed into it.
Result<Data> with_result(Evaluation& evaluation, const PathOrNull& result_path, Data raw_input,
                         Data result);

// The whole way out of a state with a result: ResultSelector, ResultPath, OutputPath.
Result<Data> output_of(Evaluation& evaluation, const Frame& frame, const ResultFields& fields,
                       Data result);

// A number of seconds written down or found by path; nothing if the field is not set.
Result<std::optional<int64_t>> seconds_of(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view name, Data& input);

}  // namespace perdure::asl
