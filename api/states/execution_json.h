#pragma once
// Executions as JSON: AWS's members, shared by DescribeExecution, ListExecutions and the routes for
// people.

#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/engine.h"

namespace perdure::api {

// Moments as AWS writes them (seconds) or as people read them (ISO 8601).
enum class Moments : uint8_t { seconds, iso8601 };

void show_record(const engine::ExecutionRecord& record, Moments moments, Json& json);
// Everything but input and output.
void show_view(const engine::ExecutionView& view, Moments moments, Json& json);

// Where a page of executions ended, as text for a token, and back.
std::string position_text(const engine::ExecutionRecord& record);
engine::ExecutionPosition read_position(std::string_view text);

}  // namespace perdure::api
