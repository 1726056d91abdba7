#pragma once
// The configurations a state machine carries beside its definition: checked, brought into the form
// in which AWS shows them, stored as given.

#include "api/aws/shape.h"
#include "asl/machine.h"
#include "base/json.h"
#include "base/result.h"
#include "engine/log_groups.h"

namespace perdure::api {

// Sets variableReferences: which states read which variables, if any do.
void show_variable_references(const asl::StateMachine* machine, Json& answer);

Shape logging_shape();
Shape tracing_shape();
Shape encryption_shape();

// Of the members loggingConfiguration, tracingConfiguration, encryptionConfiguration and tags of
// the input, those that are there, normalised. Without `groups` a log destination is not looked up.
// Errors: InvalidLoggingConfiguration, InvalidEncryptionConfiguration, TooManyTags.
Result<Json> read_settings(const Json& input, const engine::LogGroups* groups);

// Adds loggingConfiguration, tracingConfiguration and encryptionConfiguration, with AWS's defaults
// for those that were never given.
void show_settings(const Json& settings, Json& answer);

inline constexpr size_t max_tags = 50;
Error too_many_tags(const std::string& resource);
// The later of equal keys wins; the order is that of the first.
Json merge_tags(const Json& tags, const Json& added);
Json without_tags(const Json& tags, const Json& keys);

}  // namespace perdure::api
