#pragma once
// Lets a task be done for somebody who is no execution: for TestState.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/executor.h"

namespace perdure::api {

// Safe from any thread. The executors whose sink it is are given after it, and end before it.
class TaskTrial final : public engine::AnswerSink {
 public:
  using Done = std::function<void(engine::TaskAnswer)>;

  // Before the first attempt; the first that serves a resource gets it.
  void add_executor(std::shared_ptr<engine::Executor> executor) {
    executors_.push_back(std::move(executor));
  }
  // `done` once, from any thread. Nothing serves the resource: the task fails.
  void attempt(engine::TaskRequest request, Done done);

  void answer(const engine::AttemptId& attempt, engine::TaskAnswer answer) override;

 private:
  struct Waiting {
    engine::Executor* executor;
    Done done;
  };

  std::vector<std::shared_ptr<engine::Executor>> executors_;
  std::mutex mutex_;
  std::map<engine::AttemptId, Waiting> waiting_;
};

}  // namespace perdure::api
