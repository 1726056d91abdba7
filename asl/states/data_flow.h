#pragma once
// How data goes through a state: InputPath, Parameters, (the work), ResultSelector, ResultPath,
// OutputPath. https://states-language.net/spec.html#filters. Every path that is the default passes
// the text on unread.

#include "asl/execution/run.h"
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

bool is_jsonata(const Frame& frame);
// A field of a JSONata state; `otherwise` where it is not set.
Result<Data> queried(Evaluation& evaluation, const std::optional<Query>& query, Data otherwise,
                     Evaluation::Seen seen = {});
// The same with a value of this kind only; `expected` is AWS's word for it.
Result<Value> queried(Evaluation& evaluation, const Query& query, Kind kind,
                      std::string_view expected);
// Of either language: `$` is the document in JSONPath, JSONata may see `seen`.
Result<Data> filled_in(Evaluation& evaluation, const std::optional<Fillable>& field, Data document,
                       Evaluation::Seen seen = {});

// What Assign gives, as one object; absent without Assign or without a variable in it. `document`
// is what `$` means there: the result of a Task, Parallel, Map or Pass, the error output in a
// catcher, the effective input elsewhere.
Result<Data> assigned_by(Evaluation& evaluation, const std::optional<Fillable>& assign,
                         Data document, Evaluation::Seen seen = {});

// The way out of a JSONata state: Output, or what it is without one, and Assign.
Result<Exit> queried_exit(Evaluation& evaluation, const std::optional<Query>& output,
                          const std::optional<Fillable>& assign, Data otherwise,
                          Evaluation::Seen seen = {});

// The whole way out of a state with a result: ResultSelector, ResultPath, OutputPath, Assign.
Result<Exit> exit_with_result(Evaluation& evaluation, const Frame& frame,
                              const ResultFields& fields, Data result);
// Of a JSONPath state without one, with the input that InputPath selected: OutputPath, Assign.
Result<Exit> exit_with_input(Evaluation& evaluation, const Frame& frame,
                             const std::optional<Fillable>& assign, Data input);
// Of a state that does nothing to its data.
Result<Exit> pass_through(const Frame& frame, Evaluation& evaluation);

// A number of seconds written down or found by path; nothing if the field is not set.
Result<std::optional<int64_t>> seconds_of(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view name, Data& input);

}  // namespace perdure::asl
