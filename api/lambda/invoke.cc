// Invoke: wait for the answer, hand over, or only check.

#include <utility>

#include "api/lambda/invoke_request.h"
#include "base/hash.h"
#include "executors/functions/catalog/function_name.h"

namespace perdure::api {

using executors::InvokeRequest;
using executors::InvokeResult;

Result<InvokeRequest> read_invoke(const Call& call) {
  const Input input = call.input();
  InvokeRequest request;
  request.tenant = call.tenant;
  request.function = input.text("FunctionName");
  request.qualifier = input.text("Qualifier");
  request.payload = call.body;
  request.trace_header = input.text("TraceId");
  request.log_tail = input.text("LogType") == "Tail";
  if (const auto context = input.maybe_text("ClientContext")) {
    auto decoded = base64_decode(*context);
    if (!decoded) {
      return invalid("InvalidRequestContentException", "Client context must be base64-encoded");
    }
    request.client_context = std::move(*decoded);
  }
  return request;
}

namespace {

Answer invoked(InvokeResult result) {
  Answer answer;
  answer.payload = std::move(result.payload);
  answer.headers = {{"Content-Type", "application/json"},
                    {"X-Amz-Executed-Version", result.executed_version}};
  if (result.function_error) answer.headers.emplace_back("X-Amz-Function-Error", "Unhandled");
  if (!result.log_tail.empty()) {
    answer.headers.emplace_back("X-Amz-Log-Result", base64_encode(result.log_tail));
  }
  return answer;
}

Answer throttled(const Error& error, bool own_limit) {
  Answer answer;
  answer.status = 429;
  answer.headers = {
      {"Content-Type", "application/json"}, {"Retry-After", "1"}, {"X-Amzn-ErrorType", error.name}};
  answer.payload =
      dump_json({{"Reason", own_limit ? "ReservedFunctionConcurrentInvocationLimitExceeded"
                                      : "ConcurrentInvocationLimitExceeded"},
                 {"Type", "User"},
                 {"message", error.cause}});
  return answer;
}

bool has_own_limit(const LambdaParts& parts, const engine::Tenant& tenant,
                   const std::string& function) {
  const auto name = executors::parse_function_name(tenant, function);
  if (!name) return false;
  const auto latest = parts.runtime.find(name->tenant, name->name);
  return latest && latest->reserved_concurrency;
}

}  // namespace

Answer answer_without_body(int status) {
  Answer answer;
  answer.status = status;
  answer.payload = "";
  return answer;
}

Done answer_throttled(const LambdaParts& parts, const InvokeRequest& request, Done done) {
  return [parts, tenant = request.tenant, function = request.function,
          done = std::move(done)](Result<Answer> answer) {
    const bool refused = !answer && answer.error().kind == ErrorKind::throttled;
    if (!refused) return done(std::move(answer));
    done(throttled(answer.error(), has_own_limit(parts, tenant, function)));
  };
}

namespace {

void invoke_later(const LambdaParts& parts, InvokeRequest request, Done done) {
  if (request.payload.size() > executors::max_async_payload_bytes) {
    return done(
        Error{ErrorKind::too_large, "RequestTooLargeException",
              "Request must be smaller than 1048576 bytes for the InvokeFunction operation"});
  }
  parts.invoke_later(std::move(request), [done = std::move(done)](Result<std::string> taken) {
    if (!taken) return done(taken.error());
    done(answer_without_body(202));
  });
}

void invoke(const LambdaParts& parts, const Call& call, Done done) {
  auto request = read_invoke(call);
  if (!request) return done(request.error());
  const std::string type = call.input().text("InvocationType");
  if (type != "Event" && type != "DryRun") {
    done = answer_throttled(parts, *request, std::move(done));
    return parts.runtime.invoke(std::move(*request),
                                [done = std::move(done)](Result<InvokeResult> result) {
                                  if (!result) return done(result.error());
                                  done(invoked(std::move(*result)));
                                });
  }
  if (const auto checked = parts.runtime.check_invoke(*request); !checked) {
    return done(checked.error());
  }
  if (type == "DryRun") return done(answer_without_body(204));
  invoke_later(parts, std::move(*request), std::move(done));
}

// InvokeAsync, the elder sister of the type Event; old tools still call it.
void invoke_async(const LambdaParts& parts, const Call& call, Done done) {
  auto request = read_invoke(call);
  if (!request) return done(request.error());
  if (const auto checked = parts.runtime.check_invoke(*request); !checked) {
    return done(checked.error());
  }
  invoke_later(parts, std::move(*request), std::move(done));
}

}  // namespace

Shape invoke_shape(std::vector<std::string> invocation_types) {
  return structure(
      {in_uri("FunctionName", function_name_shape()),
       in_query("Qualifier", text(1, 128), "Qualifier"),
       in_header("InvocationType", one_of(std::move(invocation_types)), "X-Amz-Invocation-Type"),
       in_header("LogType", one_of({"None", "Tail"}), "X-Amz-Log-Type"),
       in_header("ClientContext", text(), "X-Amz-Client-Context"),
       in_header("TraceId", text(), "X-Amzn-Trace-Id")});
}

std::vector<Operation> invoke_operations(const LambdaParts& parts) {
  return {{"Invoke", invoke_shape({"Event", "RequestResponse", "DryRun"}),
           [parts](const auto& call, Done done) { invoke(parts, *call, std::move(done)); }, "POST",
           "/2015-03-31/functions/{FunctionName}/invocations", 200, true},
          {"InvokeAsync", structure({in_uri("FunctionName", function_name_shape())}),
           [parts](const auto& call, Done done) { invoke_async(parts, *call, std::move(done)); },
           "POST", "/2014-11-13/functions/{FunctionName}/invoke-async", 202, true}};
}

}  // namespace perdure::api
