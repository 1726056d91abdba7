#pragma once
// The actors of those shards that one runner drives: their mail is handled burst by burst, each
// burst is committed, and only then do its effects happen. Everything here runs on the runner's
// thread; there are no locks.
//
// An actor has at most one append on its way. Mail that comes meanwhile waits and shares the next.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/actor.h"
#include "engine/core.h"

namespace perdure::engine {

class MapRunHost;

class Host final : private asl::Surroundings {
 public:
  Host(Core& core, Runner& runner, uint64_t seed);
  ~Host() override;

  // Any thread.
  void post(const ActorKey& key, Mail mail);
  void post(std::function<void()> work) { runner_.post(std::move(work)); }
  void post_at(int64_t moment_ms, std::function<void()> work) {
    runner_.run_at(moment_ms, std::move(work));
  }

  // This host's thread.
  void deliver(const ActorKey& key, Mail mail);
  // Calls back when the execution has ended; at once if it has.
  void wait_closed(const ActorKey& key, const std::string& arn, Callback<Closed> done);
  // Whoever waits for an end is told that this process does not live to see it.
  void refuse_waiters();
  std::map<ActorKey, std::string> quarantined() const;  // any thread

  // The state is a Task that the engine does itself.
  static bool starts_child(const asl::State& state);
  // The frame's attempt is with an executor, or should be. Children report through the inbox,
  // tokens come by themselves.
  static bool is_with_executor(const asl::Frame& frame);
  // An attempt that needs no worker: starting it is our own act.
  static bool needs_no_worker(const Core& core, const asl::Frame& frame);

 private:
  // host.cc: the life of an actor
  void turn(Actor& actor);
  void process(Actor& actor);
  bool take_burst(Actor& actor, Work& work);
  void commit(Actor& actor, Work work);
  Append build_append(Actor& actor, Work& work, std::vector<journal::LargePayload>& large);
  void committed(const ActorKey& key, std::shared_ptr<Work> work, Outcome outcome,
                 const std::vector<int64_t>& messages);
  void finish(Actor& actor, Work& work);
  void conflicted(Actor& actor);
  void broken(Actor& actor, const std::string& reason);
  void quarantine(Actor& actor, const std::string& reason);
  void forget(Actor& actor);
  void settle(Actor& actor);
  void sweep_later();
  void sweep();
  Actor* find(const ActorKey& key);

  // host_compute.cc: what a shard has no time for
  bool has_patience() const { return core_.parts.compute == nullptr; }
  bool take_computed(Actor& actor, asl::Burst& burst);
  void set_aside(Actor& actor, const asl::Input& input);
  void undo_turn(Actor& actor);
  Result<> restore(Actor& actor);
  void compute(Actor& actor, asl::Input input);
  void finish_computed(const ActorKey& key, Computed computed);

  // host_load.cc
  Result<> make_ready(Actor& actor, const Mail& mail);
  Result<> look_up(Actor& actor);
  struct Replayed {  // what a journal comes to
    std::unique_ptr<asl::Execution> execution;
    asl::Entry started;
    int64_t sequence = 0;  // of the last row
    int64_t bytes = 0;
  };
  Result<Replayed> replay(const ActorKey& key);
  Result<> apply(const asl::Entry& entry, Replayed& replayed);
  Result<> load_execution(Actor& actor);
  void check_replay(const Actor& actor);
  Result<StartOrder> load_order(const Actor& actor);
  std::shared_ptr<const LogTarget> log_target(const std::string& machine_arn) const;
  static void restart_heartbeats(asl::Execution& execution, int64_t now_ms);

  // host_mail.cc: one function per kind of mail
  void handle(Actor& actor, Mail& mail, Work& work);
  void handle(Actor& actor, mail::Start& start, Work& work);
  void handle(Actor& actor, mail::Answer& answer, Work& work);
  void handle(Actor& actor, mail::TokenAnswer& answer, Work& work);
  void handle(Actor& actor, mail::Heartbeat& heartbeat, Work& work);
  bool refuse_foreign(const Actor& actor, const Tenant& caller, const Callback<bool>& done,
                      Work& work);
  void handle(Actor& actor, mail::Stop& stop, Work& work);
  void handle(Actor& actor, mail::Redrive& redrive, Work& work);
  void handle(Actor& actor, mail::Inbox& inbox, Work& work);
  void handle(Actor& actor, mail::Due& due, Work& work);
  void handle(Actor& actor, mail::Continue& more, Work& work);
  void handle(Actor& actor, mail::Recover& recover, Work& work);
  void handle(Actor&, mail::UpdateMapRun&, Work&) {}  // never comes here
  void handle(Actor&, mail::WakeMapRun&, Work&) {}
  Result<> begin(Actor& actor, const StartOrder& order, Work& work,
                 const message::StartMapChild* child = nullptr);
  void wait_later(Actor& actor, const mail::Start& start, Work& work, size_t place);
  void answer_existing(Actor& actor, const mail::Start& start, Work& work);
  bool advance(Actor& actor, const asl::Input& input, Work& work);  // false: nothing followed
  static void refuse(Mail& mail, const Error& error);
  int64_t named_attempt(const Actor& actor, int64_t scheduled) const;

  // host_redrive.cc
  Result<int64_t> redrive(Actor& actor, const RedriveRequest& request, Work& work);
  void reopen(Actor& actor, const asl::input::Redrive& input, Work& work);
  static bool is_redrive(const Mail& mail);
  Result<asl::input::Redrive> redrive_input(const asl::Execution& execution,
                                            const RedriveRequest& request) const;

  // host_effects.cc: what follows from entries
  void plan(Actor& actor, const asl::Effect& effect, Work& work);
  void dispatch(Actor& actor, int64_t scheduled);
  void recover_attempt(Actor& actor, const asl::Frame& frame);
  void cancel(const ActorKey& key, int64_t scheduled);
  void tell_waiters(Actor& actor);
  static Tenant acting_tenant(const Actor& actor, const asl::Attempt& attempt);
  TaskRequest task_request(const Actor& actor, const asl::Frame& frame) const;
  void fail_unserved(Actor& actor, const TaskRequest& request);
  static Closed describe_closed(const Actor& actor);
  std::string task_token(const asl::Execution& execution, asl::EventId scheduled) override;
  std::optional<std::string> refusal(const asl::Execution& execution,
                                     const asl::TaskResource& resource) override;
  bool reserve(const asl::Execution& execution, const asl::Entry& scheduled,
               std::string& request_id) override;

  // children.cc: states:startExecution in its three patterns
  void start_child(Actor& actor, const asl::Frame& frame, Work& work);
  static void stop_child(const std::string& child_arn, Work& work);
  void tell_parent(Actor& actor, Work& work);
  void receive(Actor& actor, message::StartChild& start, Work& work);
  void receive(Actor& actor, message::ChildStarted& started, Work& work);
  void receive(Actor& actor, message::ChildClosed& closed, Work& work);
  void receive(Actor& actor, message::AttemptFailed& failed, Work& work);
  void receive(Actor& actor, message::StopChild& stop, Work& work);

  // host_map_runs.cc: map runs that executions wait for, executions that map runs wait for
  bool deliver_to_map_run(const ActorKey& key, Mail& mail);
  void start_map_run(Actor& actor, const asl::Entry& started, Work& work);
  bool is_final(const asl::Execution& child) const;
  void tell_map_run(Actor& actor, Work& work);
  void receive(Actor& actor, message::StartMapChild& start, Work& work);
  void receive(Actor& actor, message::RedriveMapChild& redrive, Work& work);
  void receive(Actor& actor, message::MapRunEnded& ended, Work& work);
  template <class Misled>
  void receive(Actor&, Misled&, Work&) {}  // of map runs only: none comes here

  Core& core_;
  Runner& runner_;
  SeededRandom random_;
  std::unique_ptr<MapRunHost> map_runs_;
  std::unordered_map<ActorKey, std::unique_ptr<Actor>> actors_;
  std::unordered_map<ActorKey, std::vector<Callback<Closed>>> waiters_;
  mutable std::mutex quarantine_mutex_;  // for the readers; this thread alone writes
  std::map<ActorKey, std::string> quarantined_;
  const Actor* current_ = nullptr;  // whose mail is being handled: for the Surroundings
  std::vector<int64_t> reserved_;   // attempts of the burst that is being made
  bool sweeping_ = false;
};

}  // namespace perdure::engine
