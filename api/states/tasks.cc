// Callbacks by task token.

#include <utility>

#include "api/states/states.h"

namespace perdure::api {

namespace {

engine::Callback<bool> empty_answer(Done done) {
  return [done = std::move(done)](Result<bool> taken) {
    if (!taken) return done(taken.error());
    done(Answer());
  };
}

Shape token_shape() { return text(1, 2048); }

}  // namespace

std::vector<Operation> task_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      {"SendTaskSuccess",
       structure({required("taskToken", token_shape()),
                  required("output", text(0, parts.max_input_bytes))}),
       [&engine](const auto& call, Done done) {
         engine.task_succeeded(call->tenant, call->input().text("taskToken"),
                               call->input().text("output"), empty_answer(std::move(done)));
       }},
      {"SendTaskFailure",
       structure({required("taskToken", token_shape()), optional("error", text(0, 256)),
                  optional("cause", text(0, 32'768))}),
       [&engine](const auto& call, Done done) {
         const Input input = call->input();
         engine.task_failed(call->tenant, input.text("taskToken"), input.maybe_text("error"),
                            input.maybe_text("cause"), empty_answer(std::move(done)));
       }},
      {"SendTaskHeartbeat", structure({required("taskToken", token_shape())}),
       [&engine](const auto& call, Done done) {
         engine.task_heartbeat(call->tenant, call->input().text("taskToken"),
                               empty_answer(std::move(done)));
       }},
  };
}

}  // namespace perdure::api
