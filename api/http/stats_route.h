#pragma once
#include <functional>

#include "api/http/router.h"
#include "base/clock.h"
#include "base/runner.h"
#include "engine/assembly.h"
#include "engine/store/store.h"
#include "executors/functions/function_runtime.h"

namespace perdure::api {

// GET /stats: how much there is and how the engine keeps up. Counting may take a second with
// millions of executions, so that it happens on a runner that nobody waits for.
class StatsRoute final : public PlainRoute {
 public:
  struct Parts {
    engine::Store& store;
    engine::Assembly& assembly;
    const Clock& clock;
    Runner& runner;
    std::string data_folder;
    executors::FunctionRuntime& functions;
  };
  explicit StatsRoute(Parts parts) : parts_(std::move(parts)) {}
  bool serves(std::string_view path) const override { return path == "/stats"; }
  bool closed_to_functions(const RequestHead&) const override { return true; }
  void handle(HttpRequest request, const Caller& caller, Respond respond) override;

 private:
  HttpResponse count() const;
  int64_t timer_delay_ms() const;

  const Parts parts_;
};

}  // namespace perdure::api
