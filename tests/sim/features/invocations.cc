// Asynchronous invocations of functions: what was acknowledged is delivered, or discarded by the
// rules (three failures, a function that does not exist, six hours without a chance to run).
#include <map>

#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

using engine::AsyncInvocation;

class Invocations final : public Feature {
 public:
  explicit Invocations(World& world) : world_(world) {}

  void booted() override {
    invoker_ = std::make_unique<Invoker>(*this);
    world_.assembly()->invocations().set_invoker(*invoker_);
  }

  void act(Chance& chance) override {
    AsyncInvocation invocation;
    invocation.function = "f";
    invocation.payload = "{}";
    invocation.request_id = "i" + std::to_string(asked_.size());
    if (!asked_.empty() && chance.percent(15)) {
      invocation.request_id = "i" + std::to_string(chance.below(asked_.size()));
    }
    asked_[invocation.request_id];
    world_.assembly()->invocations().invoke_async(invocation, [this](Result<std::string> id) {
      if (!id) return;
      world_.note("invoke", hash_text(*id), "{} was acknowledged", *id);
      world_.require(world_.ledger().was_created(key_of(*id)),
                     "no invocation is acknowledged before it is durable", *id);
      asked_.at(*id).acknowledged = true;
    });
  }

  void check_end() override {
    for (const auto& [id, asked] : asked_) {
      if (!asked.acknowledged) continue;
      const bool discarded = asked.failures >= 3 || asked.unknown;
      world_.require(asked.succeeded || discarded, "acknowledged invocations are delivered", id);
    }
  }

 private:
  struct Asked {
    bool acknowledged = false;
    bool succeeded = false;
    bool unknown = false;  // the function did not exist
    int64_t failures = 0;
    int64_t failures_told = 0;  // that the engine will know of, should it live long enough
    int64_t failed_ms = 0;
    size_t failed_mark = 0;
    int64_t running_in = 0;  // incarnation
  };

  class Invoker final : public engine::FunctionInvoker {
   public:
    explicit Invoker(Invocations& feature) : feature_(feature) {}
    void invoke(AsyncInvocation invocation, std::function<void(Result<bool>)> done) override {
      feature_.run(invocation, std::move(done));
    }

   private:
    Invocations& feature_;
  };

  static engine::ActorKey key_of(const std::string& id) {
    const engine::Tenant tenant;
    return engine::actor_key("invocation/" + tenant.account + "/" + tenant.region + "/" + id);
  }

  void run(const AsyncInvocation& invocation, std::function<void(Result<bool>)> done) {
    const std::string& id = invocation.request_id;
    Asked& asked = asked_.at(id);
    world_.note("function", hash_text(id), "{} attempt {}", id, invocation.attempt);
    world_.require(world_.ledger().was_created(key_of(id)),
                   "no invocation runs before it is durable", id);
    world_.require(asked.running_in != world_.incarnation(), "an invocation runs once at a time",
                   id);
    if (asked.failed_ms > 0 && invocation.attempt == asked.failures_told) {
      const int64_t due = asked.failed_ms + (invocation.attempt == 1 ? 60'000 : 120'000);
      world_.require(world_.clock().reached_since(asked.failed_mark, due) ||
                         world_.clock().mark() != asked.failed_mark,
                     "timers are never early",
                     fmt::format("attempt {} of {}", invocation.attempt, id));
    }
    asked.running_in = world_.incarnation();
    const int64_t ms = world_.chance().between(1, world_.faulty() ? 20'000 : 100);
    world_.later_here(ms, [this, id, attempt = invocation.attempt, done = std::move(done)] {
      answer(id, attempt, done);
    });
  }

  void answer(const std::string& id, int64_t attempt,
              const std::function<void(Result<bool>)>& done) {
    Asked& asked = asked_.at(id);
    asked.running_in = 0;
    const uint64_t dice = world_.faulty() ? world_.chance().below(100) : 0;
    if (dice < 50) {
      asked.succeeded = true;
      return done(true);
    }
    if (dice < 75) {
      asked.failures = std::max(asked.failures, attempt + 1);
      asked.failures_told = attempt + 1;
      asked.failed_ms = world_.now_ms();
      asked.failed_mark = world_.clock().mark();
      return done(false);
    }
    asked.failed_ms = 0;
    if (dice < 95) return done(Error{ErrorKind::throttled, "TooManyRequests", "later"});
    asked.unknown = true;
    done(Error{ErrorKind::not_found, "ResourceNotFoundException", "gone"});
  }

  World& world_;
  std::map<std::string, Asked> asked_;
  std::unique_ptr<Invoker> invoker_;
};

}  // namespace

std::unique_ptr<Feature> make_invocations(World& world) {
  return std::make_unique<Invocations>(world);
}

}  // namespace perdure::sim
