#pragma once
// One reader per state type; each reads the fields of its own type only. Type, Next, End and what
// all types share is read by state.cc.

#include <optional>
#include <span>
#include <string_view>

#include "asl/parse/graph.h"

namespace perdure::asl {

std::optional<State> read_state(std::string_view name, const Value& value, const Location& at,
                                QueryLanguage inherited, ParseContext& context,
                                GraphOutline& outline);

PassState read_pass(StateScope& scope);
TaskState read_task(StateScope& scope);
ChoiceState read_choice(StateScope& scope);
WaitState read_wait(StateScope& scope);
FailState read_fail(StateScope& scope);
ParallelState read_parallel(StateScope& scope);
MapState read_map(StateScope& scope);

// The fields each type may have.
std::span<const FieldRule> allowed_fields(std::string_view type);

// Retry and Catch.
void read_retry_and_catch(StateScope& scope, ResultFields& fields);

// Map: ProcessorConfig, ItemReader, ItemBatcher, ResultWriter, Label and the tolerated failures.
void read_distributed_fields(const ObjectReader& map, MapState& state);
MapState::Mode read_processor_config(const ObjectReader& processor, MachineType& machine_type);

// The fields that an optimized integration cannot do without.
void check_integration(const TaskResource& resource, const ObjectReader& task);

}  // namespace perdure::asl
