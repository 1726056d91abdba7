// Asynchronous invocations of functions: what was acknowledged is delivered, or discarded by the
// rules (three failures, a function that does not exist, too old). Each end but that of a function
// that does not exist is told another function once, and the content of a record never changes.
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
    ++asked_[invocation.request_id].asks;
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
      const bool ended = asked.succeeded || discarded || asked.record.find("EventAge") != npos;
      world_.require(ended, "acknowledged invocations are delivered", id);
      world_.require(asked.unknown || !asked.record.empty(), "ends of invocations are told", id);
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
    int64_t asks = 0;        // how often its id was used
    std::string record;      // of its end, as it was told last
    int64_t told_in = 0;     // incarnation
    int64_t told = 0;        // times in it
  };
  static constexpr size_t npos = std::string::npos;

  using Told = std::function<void(Result<engine::InvocationAttempt>)>;
  static constexpr char told_function[] = "arn:aws:lambda:us-east-1:000000000000:function:told";

  class Invoker final : public engine::FunctionInvoker {
   public:
    explicit Invoker(Invocations& feature) : feature_(feature) {}
    void invoke(AsyncInvocation invocation, Told done) override {
      if (invocation.function == told_function) return feature_.tell(invocation, done);
      feature_.run(invocation, std::move(done));
    }
    // Records of records go nowhere.
    engine::InvocationPolicy policy(const AsyncInvocation& invocation) const override {
      engine::InvocationPolicy policy;
      if (invocation.function == told_function) return policy;
      policy.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";
      policy.on_success = policy.on_failure = told_function;
      return policy;
    }

   private:
    Invocations& feature_;
  };

  static engine::ActorKey key_of(const std::string& id) {
    const engine::Tenant tenant;
    return engine::actor_key("invocation/" + tenant.account + "/" + tenant.region + "/" + id);
  }

  // It answers well sooner or later; what it has heard before a crash it may hear again, and the
  // same.
  void tell(const AsyncInvocation& record, const Told& done) {
    const std::string marker = "\"requestId\":\"";
    const size_t from = record.payload.find(marker) + marker.size();
    const std::string id = record.payload.substr(from, record.payload.find('"', from) - from);
    Asked& asked = asked_.at(id);
    world_.note("record", hash_text(id), "{} is told: {}", id, record.payload);
    world_.require(asked.asks > 1 || asked.record.empty() || asked.record == record.payload,
                   "the record of an end does not change", id);
    asked.record = record.payload;
    if (std::exchange(asked.told_in, world_.incarnation()) != world_.incarnation()) asked.told = 0;
    world_.require(++asked.told <= asked.asks, "the end of an invocation is told once", id);
    done(engine::InvocationAttempt{});
  }

  void run(const AsyncInvocation& invocation, Told done) {
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

  void answer(const std::string& id, int64_t attempt, const Told& done) {
    Asked& asked = asked_.at(id);
    asked.running_in = 0;
    const uint64_t dice = world_.faulty() ? world_.chance().below(100) : 0;
    if (dice < 50) {
      asked.succeeded = true;
      return done(engine::InvocationAttempt{});
    }
    if (dice < 75) {
      asked.failures = std::max(asked.failures, attempt + 1);
      asked.failures_told = attempt + 1;
      asked.failed_ms = world_.now_ms();
      asked.failed_mark = world_.clock().mark();
      return done(engine::InvocationAttempt{.failed = true});
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
