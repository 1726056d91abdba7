#pragma once
// What a schedule's firing asks for: an execution, or an invocation of a function. Both by the
// target's own ARN and by the universal one (arn:aws:scheduler:::aws-sdk:SERVICE:ACTION), whose
// parameters are in the Input.

#include <cstdint>
#include <string>
#include <variant>

#include "engine/engine.h"
#include "engine/invocations.h"
#include "engine/schedules/schedules.h"

namespace perdure::engine {

using TargetCall = std::variant<StartRequest, AsyncInvocation>;

// `id` names the firing; `input` is the target's with its placeholders filled in. An error is for
// the log: trying again does not help.
Result<TargetCall> target_call(const Schedule& schedule, const std::string& input,
                               const std::string& id, int64_t time_ms);

// "2026-11-21T05:07:49Z"
std::string schedule_time(int64_t time_ms);

}  // namespace perdure::engine
