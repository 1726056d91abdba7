#pragma once
// What a destination is told of an asynchronous invocation that has ended (AWS: Lambda, "Capturing
// records of Lambda asynchronous invocations").

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/invocations.h"

namespace perdure::engine {

// Why nothing is tried any more.
namespace condition {
inline constexpr std::string_view success = "Success";
inline constexpr std::string_view retries_exhausted = "RetriesExhausted";
inline constexpr std::string_view too_old = "EventAgeExceeded";
inline constexpr std::string_view stopped = "ZeroReservedConcurrency";
}  // namespace condition

// JSON text. `invocation.attempt` counts the attempts that ran; `last` is the last one's answer,
// null where the function has given none.
std::string invocation_record(const AsyncInvocation& invocation, std::string_view function_arn,
                              std::string_view condition, const InvocationAttempt* last,
                              int64_t now_ms);

}  // namespace perdure::engine
