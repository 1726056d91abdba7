#pragma once
// One map run in memory, and what one turn of it leads to. For map_run_host*.cc only.

#include "engine/map_runs/map_run_host.h"

namespace perdure::engine {

struct MapRunHost::Turn {
  std::vector<MapNote> notes;
  std::vector<InboxMessage> sends;
  std::vector<int64_t> consumed;
  std::vector<std::string> blobs;
  std::vector<std::function<void()>> after;
  int64_t bytes = 0;  // of children's inputs and results
  bool create = false;
  bool shown = false;  // what its record shows has changed
  bool more = false;   // it ended at its bound

  void note(Live& live, MapNote note);
  // One turn, and its row of the journal, holds about so much.
  bool full() const { return notes.size() >= 2'000 || bytes >= 1 << 20; }
};

struct MapRunHost::Live {
  explicit Live(const ActorKey& key_) : key(key_) {}
  ExecutionRecord record() const;
  bool wants_checkpoint() const;

  const ActorKey key;
  std::unique_ptr<MapRun> run;  // null: not read, or there is none
  std::deque<Mail> mailbox, in_flight;
  bool committing = false;
  int failures = 0;
  int64_t next_sequence = 1;
  int64_t rows_since_checkpoint = 0;
  int64_t bytes_since_checkpoint = 0;
  int64_t checkpoint_bytes = 0;  // of the last one

  std::shared_ptr<ItemFeed> feed;  // null until the first page is asked for
  bool feeding = false;
  bool fed_all = false;
  std::deque<FedChild> ready;  // children that may be started
  int64_t ready_bytes = 0;
  std::map<int64_t, int64_t> express;  // under way in this process: bytes of their inputs
  int64_t express_bytes = 0;
  // Makes inputs of EXPRESS children again; null while it is at work, or before there was any.
  std::shared_ptr<ItemFeed> again;
  bool rebuilding = false;
  bool finishing = false;
};

inline void MapRunHost::Turn::note(Live& live, MapNote note) {
  live.run->apply(note);
  notes.push_back(std::move(note));
}

}  // namespace perdure::engine
