// Executions that ended badly are run again: callers who got no answer ask with the same token.
#include <map>
#include <set>

#include "tests/sim/world/world.h"

namespace perdure::sim {
namespace {

constexpr int64_t token_ms = 15 * 60 * 1000;

class Redrives final : public Feature {
 public:
  explicit Redrives(World& world) : world_(world) {}

  void act(Chance& chance) override {
    std::vector<std::string> arns;
    for (const auto& [key, held] : world_.ledger().actors()) {
      if (held.fold && (held.fold->closed() || chance.percent(10))) {
        arns.push_back(held.fold->identity().arn);
      }
    }
    if (arns.empty()) return;
    engine::RedriveRequest request;
    request.execution_arn = chance.one_of(arns);
    request.client_token = "t" + std::to_string(++tokens_);
    if (chance.percent(20)) request.from = last_state(request.execution_arn);
    redrive(request);
    if (chance.percent(50)) redrive(request);
    if (chance.percent(50)) {
      world_.later(chance.between(1, 3'000), [this, request] {
        if (world_.engine() != nullptr) redrive(request);
      });
    }
  }

  // A token makes one redrive, as long as it is good.
  void check_end() override {
    for (const auto& [key, held] : world_.ledger().actors()) {
      std::map<std::string, int64_t> moments;
      for (const asl::Entry& entry : held.events) {
        if (entry.type != asl::EntryType::ExecutionRedriven) continue;
        const std::string token(entry.text(asl::Field::client_token));
        if (token.empty()) continue;  // its map run has redriven it
        const auto [known, first] = moments.try_emplace(token, entry.timestamp_ms);
        world_.require(first || entry.timestamp_ms - known->second >= token_ms,
                       "a token makes one redrive", token);
      }
    }
  }

 private:
  const Held* durable(const std::string& arn) const {
    return world_.ledger().find(engine::actor_key(arn));
  }

  // Any of its own states will do.
  std::string last_state(const std::string& arn) const {
    const asl::Frame& root = *durable(arn)->fold->frame(0);
    return root.inside ? root.state->name : root.next_state;
  }

  void redrive(const engine::RedriveRequest& request) {
    const std::string& arn = request.execution_arn;
    world_.note("redrive", hash_text(request.client_token), "{} {}", arn, request.client_token);
    world_.engine()->redrive_execution(request, [this, request](Result<int64_t> at) {
      if (!at) return refused(request, at.error());
      const Held* held = durable(request.execution_arn);
      world_.require(held != nullptr, "no redrive is acknowledged before it is durable",
                     request.execution_arn);
      const auto& redrives = held->fold->redrives();
      const bool known = std::any_of(redrives.begin(), redrives.end(), [&](const auto& one) {
        return one.client_token == request.client_token && one.moment_ms == *at;
      });
      world_.require(known || held->fold->redrive_count() > 10,
                     "no redrive is acknowledged before it is durable", request.client_token);
    });
  }

  void refused(const engine::RedriveRequest& request, const Error& error) const {
    static const std::set<std::string> fine = {"ExecutionNotRedrivable", "ExecutionDoesNotExist",
                                               "ServiceUnavailable", "ThrottlingException"};
    const bool moved_on = error.name == "ValidationException" && !request.from.empty();
    world_.require(fine.contains(error.name) || moved_on, "redrives fail for a reason",
                   error.name + ": " + error.cause);
  }

  World& world_;
  int64_t tokens_ = 0;
};

}  // namespace

std::unique_ptr<Feature> make_redrives(World& world) { return std::make_unique<Redrives>(world); }

}  // namespace perdure::sim
