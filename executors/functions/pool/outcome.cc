#include "executors/functions/pool/outcome.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <cctype>

#include "base/json.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

std::string error_payload(std::string_view type, std::string_view message) {
  return R"({"errorType":)" + dump_json(Json(type)) + R"(,"errorMessage":)" +
         dump_json(Json(message)) + "}";
}

std::string timed_out_payload(std::string_view request_id, int64_t timeout_ms) {
  return error_payload("Sandbox.Timedout",
                       fmt::format("RequestId: {} Error: Task timed out after {:.2f} seconds",
                                   request_id, static_cast<double>(timeout_ms) / 1000));
}

std::string start_error_payload(std::string payload, std::string_view request_id) {
  const auto json = parse_json(payload);
  if (!json || !json->is_object()) return payload;
  // A runtime writes what it likes there.
  const auto text_of = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string type = text_of("errorType");
  if (type != "Runtime.InvalidEntrypoint" && !type.starts_with("Extension.")) return payload;
  return error_payload(type,
                       fmt::format("RequestId: {} Error: {}", request_id, text_of("errorMessage")));
}

std::string exited_payload(std::string_view request_id, const spawn::Exited& exited) {
  std::string why = "Runtime exited without providing a reason";
  if (exited.signal != 0) {
    std::string name = strsignal(static_cast<int>(exited.signal));
    if (!name.empty()) name[0] = static_cast<char>(std::tolower(name[0]));
    why = "Runtime exited with error: signal: " + name;
  } else if (exited.code != 0) {
    why = "Runtime exited with error: exit status " + std::to_string(exited.code);
  }
  return error_payload("Runtime.ExitError",
                       fmt::format("RequestId: {} Error: {}", request_id, why));
}

bool out_of_memory(const spawn::Exited& exited) {
  return exited.out_of_memory != 0 && exited.signal == SIGKILL && exited.timed_out == 0;
}

std::string too_large_payload() {
  return R"({"errorMessage":"Response payload size exceeded maximum allowed payload size ()" +
         std::to_string(max_response_bytes) +
         R"( bytes).","errorType":"Function.ResponseSizeTooLarge"})";
}

Error too_many_requests() {
  return Error{ErrorKind::throttled, "TooManyRequestsException", "Rate Exceeded."};
}

Error worker_lost() {
  return Error{ErrorKind::internal, "ServiceException",
               "The worker that ran this invocation was lost; it is not known how far it came."};
}

}  // namespace perdure::executors
