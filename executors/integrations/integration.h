#pragma once
// An integration does the work of some resources: `http:invoke`, calls of built-in services, calls
// that are forwarded. A new one is a file of its own and a line in integrations.cc.
//
// All of it runs on the one runner that `main` gives to integrations: nothing here may block, and
// nothing needs a lock.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/executor.h"

namespace perdure::executors {

// One attempt under way, as its integration sees it. What is said after its end is dropped.
class IntegrationAttempt {
 public:
  using Deliver = std::function<void(engine::TaskAnswer)>;

  IntegrationAttempt(engine::TaskRequest request, Deliver deliver)
      : request(std::move(request)), deliver_(std::move(deliver)) {}

  const engine::TaskRequest request;

  // The service's answer, compact JSON. Of .sync it is followed by `complete` or `fail`.
  void succeed(std::string output) {
    say(engine::answer::Succeeded{asl::Payload(std::move(output))});
  }
  // The end of the job behind .sync.
  void complete(std::string output) {
    say(engine::answer::Completed{asl::Payload(std::move(output))});
  }
  void fail(std::string error, std::optional<std::string> cause) {
    say(engine::answer::Failed{std::move(error), std::move(cause)});
  }
  void answer(engine::TaskAnswer answer) { say(std::move(answer)); }

  // Runs a part of the work: what it throws (a bug of ours, or an answer of a shape that nobody
  // foresaw) ends this attempt alone. Nothing happens once the attempt is no longer wanted.
  void work(const std::function<void()>& part);

  bool wanted() const { return deliver_ != nullptr; }
  // What ends the work when the answer is no longer wanted; the last one given counts.
  void on_cancel(std::function<void()> stop) { stop_ = std::move(stop); }
  void cancel() {
    deliver_ = nullptr;
    if (auto stop = std::exchange(stop_, nullptr)) stop();
  }

 private:
  void say(engine::TaskAnswer answer);

  Deliver deliver_;  // null: ended or cancelled
  std::function<void()> stop_;
};
using IntegrationAttemptPtr = std::shared_ptr<IntegrationAttempt>;

class Integration {
 public:
  virtual ~Integration() = default;

  virtual bool serves(const asl::TaskResource& resource) const = 0;
  // Does the work; answers the attempt later or at once.
  virtual void begin(const IntegrationAttemptPtr& attempt) = 0;
  // A job behind .sync has been submitted (request.submitted) and then the server was restarted.
  virtual void follow(const IntegrationAttemptPtr& attempt) { attempt->answer(lost(*attempt)); }
  // The attempt was under way when the server ended: nobody knows how far it got.
  virtual engine::answer::Failed lost(const IntegrationAttempt& attempt) const = 0;
};

inline constexpr const char* lost_cause =
    "The server was restarted while the request was under way; whether it has been carried out is "
    "not known.";

}  // namespace perdure::executors
