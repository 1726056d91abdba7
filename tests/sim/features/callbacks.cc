// Those who were given task tokens: they bring results, failures and heartbeats, ask again when
// they get no answer, and sometimes bring the same thing twice.
#include <map>
#include <set>

#include "engine/tokens.h"
#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

using engine::AttemptId;

class Callbacks final : public Feature {
 public:
  explicit Callbacks(World& world) : world_(world) {
    world.workers().on_token = [this](const engine::TaskRequest& request,
                                      const std::string& token) { given(request, token); };
  }

  // Somebody comes with a token that was never given out, or brings what is brought already.
  void act(Chance& chance) override {
    if (errands_.empty() || chance.percent(20)) {
      world_.engine()->task_succeeded({}, "made-up", "{}", [this](Result<bool> done) {
        world_.require(!done && done.error().name == "InvalidToken", "made-up tokens are refused",
                       done ? "accepted" : done.error().name);
      });
      return;
    }
    const size_t errand = chance.below(errands_.size());
    if (chance.percent(50)) return heartbeat(errand);
    bring(errand);
  }

  bool settled() const override {
    return std::all_of(errands_.begin(), errands_.end(),
                       [](const Errand& errand) { return errand.over; });
  }

 private:
  struct Errand {
    std::string token;
    AttemptId attempt;
    Script script;
    bool over = false;
    bool acknowledged = false;
  };

  void given(const engine::TaskRequest& request, const std::string& token) {
    const auto secret = world_.ledger().document("setting", "token_secret");
    world_.require(secret.has_value(), "the secret of tokens is durable before the first", token);
    const auto named = engine::verify_token(token, secret->json);
    world_.require(named.has_value(), "tokens can be verified", token);
    Errand errand;
    errand.token = token;
    errand.attempt = {named->execution, named->scheduled};
    errand.script.output = "{\"ok\":true}";
    if (request.resource.pattern == asl::TaskPattern::wait_for_task_token) {
      errand.script = script_of(request.state_machine_arn, request.state_name,
                                request.parameters.text(), request.attempt_number);
    }
    errands_.push_back(std::move(errand));
    come_again(errands_.size() - 1, world_.chance().between(1, 3'000));
  }

  void come_again(size_t errand, int64_t ms) {
    world_.later(ms, [this, errand] {
      if (errands_[errand].over) return;
      come_again(errand, world_.chance().between(3'000, 15'000));
      if (world_.engine() == nullptr) return;
      if (world_.faulty() && world_.chance().percent(20)) return heartbeat(errand);
      bring(errand);
      if (world_.faulty() && world_.chance().percent(10)) bring(errand);
    });
  }

  void heartbeat(size_t errand) {
    world_.engine()->task_heartbeat({}, errands_[errand].token, [this, errand](Result<bool> done) {
      if (!done) gone(errand, done.error());
    });
  }

  void bring(size_t number) {
    const Errand& errand = errands_[number];
    world_.workers().called_back(errand.attempt);
    const auto done = [this, number](Result<bool> taken) {
      taken ? acknowledged(number) : gone(number, taken.error());
    };
    if (errand.script.succeeds) {
      world_.engine()->task_succeeded({}, errand.token, errand.script.output, done);
    } else {
      world_.engine()->task_failed({}, errand.token, scripted_error, scripted_cause, done);
    }
  }

  void acknowledged(size_t number) {
    Errand& errand = errands_[number];
    const auto& [key, scheduled] = errand.attempt;
    world_.note("callback", static_cast<uint64_t>(scheduled), "attempt {} was acknowledged",
                scheduled);
    const AttemptFacts* facts = world_.ledger().attempt(key, scheduled);
    world_.require(facts != nullptr && facts->result.has_value(),
                   "no callback is acknowledged before it is durable", errand.token);
    world_.require(!errand.acknowledged, "one callback of an attempt is accepted", errand.token);
    errand.acknowledged = errand.over = true;
  }

  void gone(size_t number, const Error& error) {
    Errand& errand = errands_[number];
    const auto& [key, scheduled] = errand.attempt;
    world_.require(error.name == "TaskTimedOut", "callbacks fail for a reason", error.name);
    const Held* held = world_.ledger().find(key);
    const bool waits = held != nullptr && held->fold->frame_of_attempt(scheduled) != nullptr;
    world_.require(!waits, "no callback is refused while its attempt waits", errand.token);
    errand.over = true;
  }

  World& world_;
  std::vector<Errand> errands_;
};

}  // namespace

std::unique_ptr<Feature> make_callbacks(World& world) { return std::make_unique<Callbacks>(world); }

}  // namespace perdure::sim
