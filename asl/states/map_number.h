#pragma once
// Numbers that a Map takes from a path or an expression, with AWS's complaints.

#include <optional>
#include <string_view>

#include "asl/execution/evaluation.h"
#include "asl/states/map_run.h"

namespace perdure::asl {

// Recorded: a text of digits is a number here, "NoNumber" is not. Nothing if the field is not set.
Result<std::optional<int64_t>> map_number(Evaluation& evaluation, const SecondsField& field,
                                          std::string_view path_field, Data& input);
// Between 0 and 100.
Result<std::optional<double>> map_percentage(Evaluation& evaluation, const PercentField& field,
                                             Data& input);

}  // namespace perdure::asl
