#include "api/lambda/async_invoker.h"

#include <utility>

namespace perdure::api {

void AsyncInvoker::invoke(engine::AsyncInvocation invocation,
                          std::function<void(Result<bool>)> done) {
  executors::InvokeRequest request;
  request.tenant = std::move(invocation.tenant);
  request.function = std::move(invocation.function);
  request.payload = std::move(invocation.payload);
  request.request_id = std::move(invocation.request_id);
  request.trace_header = std::move(invocation.trace_header);
  request.may_queue = true;
  runtime_.invoke(std::move(request),
                  [done = std::move(done)](Result<executors::InvokeResult> result) {
                    if (!result) return done(result.error());
                    done(!result->function_error);
                  });
}

}  // namespace perdure::api
