#pragma once
// The answers that a function did not give itself, in AWS's words (payloads recorded by
// localstack's Lambda snapshots, 2025-26).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

// {"errorType":..., "errorMessage":...}
std::string error_payload(std::string_view type, std::string_view message);

std::string timed_out_payload(std::string_view request_id, int64_t timeout_ms);
// What keeps a worker from starting names the invocation that meets it, where it is our text.
std::string start_error_payload(std::string payload, std::string_view request_id);
// How a worker ended that owed an answer.
std::string exited_payload(std::string_view request_id, const spawn::Exited& exited);
// The kernel ended it because it had used up its memory: the REPORT line says so.
bool out_of_memory(const spawn::Exited& exited);
std::string too_large_payload();

Error too_many_requests();
Error worker_lost();  // ServiceException: nobody knows whether the function ran to its end

}  // namespace perdure::executors
