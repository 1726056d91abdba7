#pragma once
// The map runs of those shards that one runner drives. A map run reads its items on a runner that
// may block, starts children up to its bounds, counts each once when it has ended, and tells the
// execution that waits for it. Everything here runs on the host's thread; its notes are durable
// before anything follows from them.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/actor.h"
#include "engine/core.h"
#include "engine/map_runs/item_feed.h"
#include "engine/map_runs/map_run.h"

namespace perdure::engine {

class MapRunHost {
 public:
  MapRunHost(Core& core, Runner& runner, uint64_t seed);
  ~MapRunHost();

  // Whether this message is for a map run.
  static bool is_addressed(std::string_view message);
  void deliver(const ActorKey& key, mail::Inbox message);
  void deliver(const ActorKey& key, mail::UpdateMapRun update);
  void deliver(const ActorKey& key, mail::WakeMapRun wake);
  std::map<ActorKey, std::string> quarantined() const;  // any thread; why, by key

 private:
  struct Live;
  struct Turn;
  struct Fed {  // the feed has answered
    Result<Feed> feed;
    std::string pin;
    std::vector<std::string> blobs;
  };
  struct Rebuilt {  // inputs of children that ran when the process ended
    Result<std::map<int64_t, FedChild>> children;
    std::shared_ptr<ItemFeed> feed;  // where it has come to
  };
  struct ChildClosed {  // an EXPRESS child has ended
    int64_t index = 0;
    Closed closed;
  };
  struct Finished {
    Result<std::string> output;
  };
  using Mail = std::variant<mail::Inbox, mail::UpdateMapRun, mail::WakeMapRun, Fed, Rebuilt,
                            ChildClosed, Finished>;

  void put(const ActorKey& key, Mail mail);
  void later(const ActorKey& key, Mail mail);  // from any thread
  void turn(Live& live);
  Result<> load(Live& live);
  void commit(Live& live, Turn turn);
  void committed(const ActorKey& key, const std::shared_ptr<Turn>& turn, Outcome outcome,
                 const std::vector<int64_t>& messages);
  void start_over(Live& live);
  void broken(Live& live, const std::string& reason);
  void quarantine(Live& live, const std::string& reason);
  static void refuse(Mail& mail, const std::string& reason);
  void forget(Live& live);

  void handle(Live& live, mail::Inbox& inbox, Turn& turn);
  void handle(Live& live, mail::UpdateMapRun& update, Turn& turn);
  void handle(Live& live, mail::WakeMapRun& wake, Turn& turn);
  void handle(Live& live, Fed& fed, Turn& turn);
  void handle(Live& live, Rebuilt& rebuilt, Turn& turn);
  void handle(Live& live, ChildClosed& ended, Turn& turn);
  void handle(Live& live, Finished& finished, Turn& turn);

  void begin(Live& live, const MapRunOrder& order, Turn& turn);
  void redrive(Live& live, const message::RedriveMapRun& asked, Turn& turn);
  void reopened(Live& live);
  void end_child(Live& live, map_note::ChildEnded ended, Turn& turn);
  void end_lost(Live& live, Turn& turn);
  void end_lost(Live& live, int64_t index, Turn& turn);
  void decide(Live& live, Turn& turn);
  bool may_start(const Live& live, const Turn& turn) const;
  void redrive_child(Live& live, int64_t index, Turn& turn);
  void start_child(Live& live, FedChild child, Turn& turn);
  void start_express(Live& live, int64_t index, FedChild child, Turn& turn);
  StartOrder child_order(const MapRun& run, int64_t index, std::string input) const;
  void stop(Live& live, bool aborted, Error error, Turn& turn);
  void close(Live& live, Result<std::string> output, Turn& turn);

  // Work on the runner that may block.
  void go_on(Live& live);
  Runner& blocking() const;
  FeedParts feed_parts(const MapRun& run);
  void feed(Live& live);
  void rebuild(Live& live);
  void finish(Live& live);

  Core& core_;
  Runner& runner_;
  SeededRandom random_;
  std::unordered_map<ActorKey, std::unique_ptr<Live>> runs_;
  mutable std::mutex quarantine_mutex_;  // for the readers; this thread alone writes
  std::map<ActorKey, std::string> quarantined_;
};

// A map run as the store has it; nothing if there is none.
struct LoadedMapRun {
  std::unique_ptr<MapRun> run;
  int64_t next_sequence = 1;
  int64_t rows_since_checkpoint = 0;
};
Result<std::optional<LoadedMapRun>> load_map_run(Store& store, const ActorKey& key);

}  // namespace perdure::engine
