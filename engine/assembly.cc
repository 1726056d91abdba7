#include "engine/assembly.h"

#include <atomic>
#include <map>
#include <utility>

#include "base/ids.h"
#include "base/log.h"
#include "engine/async_invocations.h"
#include "engine/core.h"
#include "engine/facade.h"
#include "engine/host.h"
#include "engine/map_runs/readers/object_items.h"
#include "engine/objects/stored_objects.h"
#include "engine/schedules/scheduler.h"
#include "engine/upkeep.h"

namespace perdure::engine {
namespace {

constexpr std::string_view secret_name = "token_secret";
constexpr int64_t open_actors_a_page = 500;
// Where memory is short, an actor is brought into it this long after the one before, so that those
// that are there can end; it still gets its turn, as nothing else may make room.
constexpr int64_t pace_ms = 20;
constexpr int64_t last_words_ms = 500;  // for answers to go out before the connections are cut

class EngineAssembly final : public Assembly, private AnswerSink {
 public:
  explicit EngineAssembly(const EngineParts& parts)
      : core_(parts, [this](auto group, auto done) { fire(std::move(group), std::move(done)); }),
        facade_(core_),
        settings_("setting", core_.committer),
        invocations_(parts.clock, parts.timers, core_.committer, core_.timers, parts.store,
                     [this] { return facade_.new_id(); }),
        scheduler_({parts.clock, parts.timers, core_.committer, core_.timers, facade_, invocations_,
                    parts.mutant}),
        objects_(parts.store.objects(), core_.committer, parts.blobs, parts.clock,
                 [this] { return facade_.new_id(); }),
        upkeep_(core_.parts, core_.committer) {
    core_.objects = &objects_;
    core_.open_items = items_in(objects_);
    Runner& blocking = parts.blocking != nullptr ? *parts.blocking : parts.timers;
    invocations_.add_destination("s3", records_into_buckets(objects_, blocking));
    for (Runner* runner : parts.shards) {
      core_.hosts.push_back(std::make_unique<Host>(core_, *runner, parts.random.next()));
    }
  }

  Result<> load_catalog() {
    PD_CHECK(settings_.load(core_.parts.store));
    PD_CHECK(facade_.load());
    return scheduler_.load(core_.parts.store);
  }

  Engine& engine() override { return facade_; }
  AnswerSink& answers() override { return *this; }
  EngineLoad load() const override {
    return {core_.committer.delay_ms(), core_.committer.disk_full(), core_.live_bytes,
            facade_.starting(), facade_.throttled()};
  }
  DocumentWriter& document_writer() override { return core_.committer; }
  Schedules& schedules() override { return scheduler_; }
  Invocations& invocations() override { return invocations_; }
  Objects& objects() override { return objects_; }
  void add_executor(std::shared_ptr<Executor> executor) override {
    core_.executors.push_back(std::move(executor));
  }
  void set_entry_sink(EntrySink& sink) override { core_.sink = &sink; }

  Result<> start() override {
    PD_CHECK(core_.committer.take_leases());
    take_secret();
    PD_CHECK(recover());
    facade_.open();
    core_.timers.start();
    upkeep_.start();
    return {};
  }

  void drain(int64_t deadline_ms, std::function<void()> done) override {
    facade_.refuse_starts();
    auto once = std::make_shared<std::function<void()>>(std::move(done));
    const auto finish = [once] {
      if (auto call = std::exchange(*once, nullptr)) call();
    };
    core_.committer.when_quiet(finish);
    core_.parts.committer.run_at(deadline_ms, finish);
    core_.parts.timers.run_at(deadline_ms - last_words_ms, [this] {
      for (const auto& host : core_.hosts) {
        host->post([&host = *host] { host.refuse_waiters(); });
      }
    });
  }

 private:
  // Executions go to their hosts in one post each; the group is done when all have had their turn.
  void fire(std::vector<ActorDue> group, std::function<void()> done) {
    std::map<Host*, std::vector<ActorKey>> executions;
    for (const ActorDue& due : group) {
      if (due.kind == ActorKind::execution) {
        executions[&core_.host_of(due.actor)].push_back(due.actor);
      } else {
        fire_other(due);
      }
    }
    deliver(executions, mail::Due{}, std::move(done));
  }

  // `done` once every host has worked through its actors.
  template <class Kind>
  void deliver(std::map<Host*, std::vector<ActorKey>>& actors, Kind mail,
               std::function<void()> done) {
    if (actors.empty()) return done();
    const auto left = std::make_shared<std::atomic<size_t>>(actors.size());
    for (auto& [to, keys] : actors) {
      const auto all = std::make_shared<const std::vector<ActorKey>>(std::move(keys));
      to->post([this, host = to, all, mail, left, done] {
        deliver_from(*host, 0, all, mail, [left, done] {
          if (--*left == 0) done();
        });
      });
    }
  }

  // On the host's thread.
  template <class Kind>
  void deliver_from(Host& host, size_t next, std::shared_ptr<const std::vector<ActorKey>> keys,
                    Kind mail, std::function<void()> done) {
    while (next < keys->size()) {
      host.deliver((*keys)[next++], mail);
      if (core_.memory_is_short() && next < keys->size()) {
        return host.post_at(core_.now_ms() + pace_ms, [this, &host, next, keys, mail, done] {
          deliver_from(host, next, keys, mail, done);
        });
      }
    }
    done();
  }

  void fire_other(const ActorDue& due) {
    if (due.kind == ActorKind::schedule) scheduler_.fire(due);
    if (due.kind == ActorKind::invocation) invocations_.fire(due);
    // Timers of EXPRESS executions are in memory.
  }

  void answer(const AttemptId& attempt, TaskAnswer answer) override {
    core_.post(attempt.execution, mail::Answer{attempt.scheduled, std::move(answer)});
  }

  // Tokens are verified with a secret of the data folder's. It is on its way to the disk before the
  // first token can be.
  void take_secret() {
    const auto stored = settings_.find({}, secret_name);
    if (stored) {
      core_.token_secret = stored->json;
      return;
    }
    core_.token_secret = make_uuid(core_.parts.random) + make_uuid(core_.parts.random);
    settings_.put({}, std::string(secret_name), core_.token_secret, std::nullopt,
                  [](Result<int64_t>) {});
  }

  // Reads the actors with work outside, and the messages; nothing else. Messages come first, as
  // their receivers have waited longest; the actors follow in pages while new work is served.
  Result<> recover() {
    PD_TRY(messages, core_.parts.store.inbox());
    for (InboxMessage& message : messages) {
      core_.post(message.to, mail::Inbox{message.id, std::move(message.message)});
    }
    if (!messages.empty()) log_info("Recovering {} messages.", messages.size());
    return recover_page(0, 0);
  }

  // The next page comes when every host has worked through this one.
  Result<> recover_page(int64_t after, int64_t recovered) {
    PD_TRY(page, core_.parts.store.open_actors(after, open_actors_a_page));
    if (page.empty()) {
      if (recovered > 0) log_info("Recovered {} open executions.", recovered);
      return {};
    }
    const int64_t last = page.back().position;
    recovered += static_cast<int64_t>(page.size());
    std::map<Host*, std::vector<ActorKey>> executions;
    for (const OpenActor& actor : page) {
      if (actor.kind == ActorKind::execution || actor.kind == ActorKind::express) {
        executions[&core_.host_of(actor.actor)].push_back(actor.actor);
      } else if (actor.kind == ActorKind::map_run) {
        core_.post(actor.actor, mail::WakeMapRun{});
      }
    }
    deliver(executions, mail::Recover{}, [this, last, recovered] {
      core_.parts.timers.post([this, last, recovered] {
        if (auto more = recover_page(last, recovered); !more) {
          log_error("Open executions could not be read: {}", more.error().cause);
        }
      });
    });
    return {};
  }

  Core core_;
  Facade facade_;
  Documents settings_;
  AsyncInvocations invocations_;
  Scheduler scheduler_;
  StoredObjects objects_;
  Upkeep upkeep_;
};

}  // namespace

Core::Core(EngineParts parts_, Timers::Fire fire)
    : parts(parts_),
      committer(parts.store, parts.blobs, parts.clock, parts.committer),
      timers(parts.store, parts.clock, parts.timers, std::move(fire)) {}

Core::~Core() = default;

void Core::post(const ActorKey& key, Mail mail) { host_of(key).post(key, std::move(mail)); }

Executor* Core::executor_for(const asl::TaskResource& resource) const {
  for (const auto& executor : executors) {
    if (executor->serves(resource)) return executor.get();
  }
  return nullptr;
}

Result<std::unique_ptr<Assembly>> make_engine(EngineParts parts) {
  PD_ASSERT(!parts.shards.empty());
  auto assembly = std::make_unique<EngineAssembly>(parts);
  PD_CHECK(assembly->load_catalog());
  return std::unique_ptr<Assembly>(std::move(assembly));
}

}  // namespace perdure::engine
