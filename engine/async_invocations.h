#pragma once
// Invocations as actors: a row from before the acknowledgement until the last attempt has ended
// and who wants to know of it has been told, and a due moment at which it is tried (again).

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/committer.h"
#include "engine/invocation_destination.h"
#include "engine/invocations.h"
#include "engine/timers.h"

namespace perdure::engine {

class AsyncInvocations final : public Invocations {
 public:
  // All outlive it. Attempts are begun on `runner`; `new_id` is called from any thread.
  AsyncInvocations(const Clock& clock, Runner& runner, Committer& committer, Timers& timers,
                   Store& store, std::function<std::string()> new_id);

  void set_invoker(FunctionInvoker& invoker) override { invoker_ = &invoker; }
  void invoke_async(AsyncInvocation invocation,
                    std::function<void(Result<std::string>)> done) override;

  void fire(const ActorDue& due);  // on the runner
  // Who takes records for ARNs of a service; before the first invocation.
  void add_destination(std::string service, DeliverRecord deliver);

 private:
  struct Pending {
    AsyncInvocation invocation;
    int64_t created_ms = 0;
    int64_t refusals = 0;  // attempts, or deliveries of its record, that did not come about
    int64_t next_sequence = 2;
    std::optional<InvocationDelivery> delivery;  // it has ended, this is left to do
  };
  using Attempt = Result<InvocationAttempt>;
  static std::string encode_first(const Pending& pending);
  static std::string encode_attempt(const Pending& pending);
  Result<std::optional<Pending>> load(const ActorKey& key);  // nothing: it has ended
  void create(Pending pending, std::function<void(Outcome)> done);
  void run(const ActorKey& key, Pending pending);
  void attempt(const ActorKey& key, Pending pending);
  void ended(const ActorKey& key, Pending pending, const Attempt& result);
  void failed(const ActorKey& key, Pending pending, const InvocationAttempt& attempt);
  void refused(const ActorKey& key, Pending pending, const Error& error);
  void conclude(const ActorKey& key, Pending pending, std::string_view condition,
                const InvocationAttempt* last);
  InvocationPolicy policy_of(const Pending& pending) const;
  bool delivers_to(const std::string& arn) const;
  void deliver(const ActorKey& key, Pending pending);
  void invoke_with_record(const ActorKey& key, const Pending& pending);
  void delivered(const ActorKey& key, Pending pending, const Result<>& result);
  void try_later(const ActorKey& key, const Pending& pending, int64_t due_ms);
  void write(const ActorKey& key, const Pending& pending, int64_t due_ms,
             std::function<void()> done);
  void finish(const ActorKey& key);

  const Clock& clock_;
  Runner& runner_;
  Committer& committer_;
  Timers& timers_;
  Store& store_;
  const std::function<std::string()> new_id_;
  FunctionInvoker* invoker_ = nullptr;
  std::map<std::string, DeliverRecord, std::less<>> destinations_;  // by service
  // The runner's only:
  std::set<ActorKey> running_;
  std::map<ActorKey, int64_t> due_;  // of those that wait for their next attempt
};

}  // namespace perdure::engine
